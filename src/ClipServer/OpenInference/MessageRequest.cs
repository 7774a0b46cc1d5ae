using ClipGrpc.OpenInference;
using ClipGrpc.Server.Rpc;

namespace ClipGrpc.Server.OpenInference;

/// <summary>Reads a request of gRPC.</summary>
internal static class MessageRequest
{
    /// <exception cref="ClipException">It is not valid.</exception>
    public static InferenceRequest Read(ModelInferRequest request, TensorReader tensors)
    {
        var parameters = ParameterSet.Read(request.Parameters, "parameters");
        return new InferenceRequest(
            request.ModelName, request.ModelVersion, request.Id, ReadInputs(request, tensors),
            [.. request.Outputs.Select(ReadOutput)], InferenceSettings.Read(parameters));
    }

    private static List<InputTensor> ReadInputs(ModelInferRequest request, TensorReader tensors)
    {
        var raw = request.RawInputContents;
        if (raw.Count > 0 && raw.Count != request.Inputs.Count)
        {
            throw InputReader.Invalid(
                "raw_input_contents",
                $"There are {raw.Count:N0} for {request.Inputs.Count:N0} inputs; each input needs one.");
        }

        var read = new List<InputTensor>(request.Inputs.Count);
        for (var i = 0; i < request.Inputs.Count; i++)
        {
            var input = request.Inputs[i];
            var header = tensors.ReadHeader($"inputs[{i}]", input.Name, input.Datatype, input.Shape);
            if (raw.Count > 0 && input.Contents is not null)
            {
                throw InputReader.Invalid(
                    $"inputs[{i}].contents", "The content is already in raw_input_contents; send one of them.");
            }

            read.Add(raw.Count > 0
                ? TensorReader.ReadRaw(header, raw[i].Memory)
                : TensorReader.ReadContents(header, input.Contents));
        }

        return read;
    }

    private static RequestedOutput ReadOutput(
        ModelInferRequest.Types.InferRequestedOutputTensor output, int index)
    {
        var field = $"outputs[{index}]";
        var parameters = ParameterSet.Read(output.Parameters, $"{field}.parameters");
        return RequestedOutput.Create(output.Name, field, parameters);
    }
}
