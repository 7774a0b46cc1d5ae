using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    /// <summary>Every model that is loaded or loading, and the server's limits.</summary>
    /// <exception cref="ClipClientException">As the server says.</exception>
    public virtual Task<ListModelsResponse> ListModelsAsync(CancellationToken cancellationToken = default) => CallAsync(
        call => RawModels.ListModelsAsync(new ListModelsRequest(), call), cancellationToken);

    /// <summary>One model.</summary>
    /// <exception cref="ClipClientException">
    /// NOT_FOUND: no model of that name; the message lists what there is.
    /// </exception>
    public virtual Task<Model> GetModelAsync(string name, CancellationToken cancellationToken = default) => CallAsync(
        call => RawModels.GetModelAsync(new GetModelRequest { Name = name }, call),
        cancellationToken);

    /// <summary>
    /// Loads a model beside the others and waits until it serves, up to <see cref="ClipClientOptions.LoadTimeout"/>.
    /// Never retried. With several addresses, one server loads it.
    /// </summary>
    /// <param name="source">
    /// What the server's <c>--model</c> takes: <c>demo</c>, a folder on the server, or a Hub id.
    /// </param>
    /// <param name="name">The name to serve it under; empty means one derived from the source.</param>
    /// <param name="precision">
    /// <c>fp32</c>, <c>fp16</c>, <c>bf16</c> or <c>int8</c>; empty means the server's default.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ClipClientException">
    /// PERMISSION_DENIED: the server does not let this caller load models. INVALID_ARGUMENT, NOT_FOUND: it cannot be
    /// loaded.
    /// </exception>
    public virtual Task<Model> LoadModelAsync(
        string source, string name = "", string precision = "", CancellationToken cancellationToken = default) =>
        LoadModelAsync(source, name, precision, device: "", cancellationToken);

    /// <inheritdoc cref="LoadModelAsync(string, string, string, CancellationToken)"/>
    /// <param name="source">As there.</param>
    /// <param name="name">As there.</param>
    /// <param name="precision">As there.</param>
    /// <param name="device">
    /// <c>cpu</c>, <c>cuda</c>, or <c>PROVIDER[:cpu|gpu|npu[:INDEX]]</c> for a device of one of the server's plug-in
    /// execution providers; empty means the server's default.
    /// </param>
    /// <param name="cancellationToken">As there.</param>
    public virtual Task<Model> LoadModelAsync(
        string source, string name, string precision, string device, CancellationToken cancellationToken = default)
    {
        var request = new LoadModelRequest { Source = source, Name = name, Precision = precision, Device = device };
        return CallOnceAsync(
            call => RawModels.LoadModelAsync(request, call), LoadDeadline(), cancellationToken);
    }

    /// <summary>
    /// Stops taking work for a model, waits until what it had accepted is answered, and frees it. Never
    /// retried.
    /// </summary>
    /// <exception cref="ClipClientException">PERMISSION_DENIED, or NOT_FOUND: no model of that name.</exception>
    public virtual Task UnloadModelAsync(string name, CancellationToken cancellationToken = default) => CallOnceAsync(
        call => RawModels.UnloadModelAsync(new UnloadModelRequest { Name = name }, call),
        LoadDeadline(),
        cancellationToken);

    /// <summary>Asks for the health of the server or of one of its services or models.</summary>
    /// <param name="service">The empty string means the server as a whole.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>SERVICE_UNKNOWN for a name that the server does not know.</returns>
    /// <exception cref="ClipClientException">The server cannot be asked.</exception>
    public virtual async Task<HealthCheckResponse.Types.ServingStatus> CheckHealthAsync(
        string service = "", CancellationToken cancellationToken = default)
    {
        try
        {
            var response = await CallAsync(
                call => RawHealth.CheckAsync(new HealthCheckRequest { Service = service }, call),
                        cancellationToken).ConfigureAwait(false);
            return response.Status;
        }
        catch (ClipClientException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return HealthCheckResponse.Types.ServingStatus.ServiceUnknown;
        }
    }
}
