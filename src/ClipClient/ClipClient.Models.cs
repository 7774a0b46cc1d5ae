using ClipGrpc.Client.Internal;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    /// <summary>Every model that is loaded or loading, and the server's limits.</summary>
    /// <exception cref="ClipClientException">As the server says.</exception>
    public virtual async Task<ClipModelList> ListModelsAsync(CancellationToken cancellationToken = default) =>
        ClipModelList.From(await RequestModelsAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>One model.</summary>
    /// <exception cref="ClipClientException">
    /// NOT_FOUND: no model of that name; the message lists what there is.
    /// </exception>
    public virtual async Task<ClipModel> GetModelAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(name);
        return ClipModel.From(await CallAsync(
            RpcMethod.GetModel,
            call => RawModels.GetModelAsync(new GetModelRequest { Name = name }, call),
            cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Loads a model beside the others and waits until it serves, up to <see cref="ClipClientOptions.LoadTimeout"/>.
    /// Never retried. With several addresses, one server loads it.
    /// </summary>
    /// <param name="source">
    /// What the server's <c>--model</c> takes: <c>demo</c>, a folder on the server, or a Hub id.
    /// </param>
    /// <param name="options">Name, precision, device and deadline; null means the defaults.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <exception cref="ClipClientException">
    /// PERMISSION_DENIED: the server does not let this caller load models. INVALID_ARGUMENT, NOT_FOUND: it cannot be
    /// loaded.
    /// </exception>
    public virtual async Task<ClipModel> LoadModelAsync(
        string source, LoadModelCallOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        options ??= new LoadModelCallOptions();
        var request = new LoadModelRequest
        {
            Source = source,
            Name = options.Name,
            Precision = options.Precision,
            Device = options.Device,
        };
        return ClipModel.From(await CallOnceAsync(
            RpcMethod.LoadModel,
            call => RawModels.LoadModelAsync(request, call),
            LoadDeadline(options.Timeout),
            cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// Stops taking work for a model, waits until what it had accepted is answered, and frees it. Never
    /// retried.
    /// </summary>
    /// <exception cref="ClipClientException">PERMISSION_DENIED, or NOT_FOUND: no model of that name.</exception>
    public virtual Task UnloadModelAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return CallOnceAsync(
            RpcMethod.UnloadModel,
            call => RawModels.UnloadModelAsync(new UnloadModelRequest { Name = name }, call),
            LoadDeadline(null),
            cancellationToken);
    }

    /// <summary>Asks for the health of the server or of one of its services or models.</summary>
    /// <param name="service">The empty string means the server as a whole.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns><see cref="ServingStatus.ServiceUnknown"/> for a name that the server does not know.</returns>
    /// <exception cref="ClipClientException">The server cannot be asked.</exception>
    public virtual async Task<ServingStatus> CheckHealthAsync(
        string service = "", CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(service);
        try
        {
            var response = await CallAsync(
                RpcMethod.Check,
                call => RawHealth.CheckAsync(new HealthCheckRequest { Service = service }, call),
                cancellationToken).ConfigureAwait(false);
            return WireEnums.FromWire(response.Status);
        }
        catch (ClipClientException exception) when (exception.StatusCode == StatusCode.NotFound)
        {
            return ServingStatus.ServiceUnknown;
        }
    }

    private Task<ListModelsResponse> RequestModelsAsync(CancellationToken cancellationToken) => CallAsync(
        RpcMethod.ListModels, call => RawModels.ListModelsAsync(new ListModelsRequest(), call), cancellationToken);

    // For what a caller can do without.
    private Task<ListModelsResponse> ListModelsOnceAsync(CancellationToken cancellationToken) => CallOnceAsync(
        RpcMethod.ListModels,
        call => RawModels.ListModelsAsync(new ListModelsRequest(), call),
        DefaultDeadline(),
        cancellationToken);
}
