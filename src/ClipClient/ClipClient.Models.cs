using ClipGrpc.Client.Internal;
using ClipGrpc.V1;
using Grpc.Core;
using Grpc.Health.V1;

namespace ClipGrpc.Client;

public partial class ClipClient
{
    /// <summary>Returns all models, in any state, and the server's limits.</summary>
    /// <exception cref="ClipClientException">The status is that of the server.</exception>
    public virtual async Task<ClipModelList> ListModelsAsync(CancellationToken cancellationToken = default) =>
        ClipModelList.From(await RequestModelsAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>One model.</summary>
    /// <exception cref="ClipClientException">
    /// NOT_FOUND: the model does not exist; the message lists the existing ones.
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
    /// Loads another model and waits until it is ready, up to <see cref="ClipClientOptions.LoadTimeout"/>. The call is
    /// not retried. With several addresses, one server loads the model.
    /// </summary>
    /// <param name="source">
    /// <c>demo</c>, a folder on the server, a model id of the Hugging Face Hub, or an OpenCLIP name.
    /// </param>
    /// <param name="options">The name, precision, device and deadline; null means the defaults.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="ClipClientException">
    /// PERMISSION_DENIED: the caller is not permitted to load models. INVALID_ARGUMENT, NOT_FOUND: the model cannot be
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
    /// Stops accepting work for a model, waits until its accepted work is completed, and frees it. The call is not
    /// retried.
    /// </summary>
    /// <exception cref="ClipClientException">PERMISSION_DENIED, or NOT_FOUND: the model does not exist.</exception>
    public virtual Task UnloadModelAsync(string name, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        return CallOnceAsync(
            RpcMethod.UnloadModel,
            call => RawModels.UnloadModelAsync(new UnloadModelRequest { Name = name }, call),
            LoadDeadline(null),
            cancellationToken);
    }

    /// <summary>Checks the health of the server, or of one of its services or models.</summary>
    /// <param name="service">The empty string means the server as a whole.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <returns>
    /// The status; <see cref="ServingStatus.ServiceUnknown"/> for a name that is unknown to the server.
    /// </returns>
    /// <exception cref="ClipClientException">The health cannot be requested.</exception>
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
