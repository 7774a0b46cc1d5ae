using System.Collections.Generic;
using System.Linq;
using System.Threading.Tasks;
using ClipGrpc.Client;

namespace LibraryConsumer
{
    /// <summary>A library that programs for .NET Framework use.</summary>
    public sealed class Photos
    {
        private readonly ClipClient _clip;

        public Photos(ClipClient clip) => _clip = clip;

        public static Photos Open(string address, string key) =>
            new Photos(ClipClient.ForAddress(address, options => options.ApiKey = key));

        public async Task<string> LabelAsync(string file, IEnumerable<string> labels)
        {
            var options = new ClassifyCallOptions { TopK = 1 };
            var result = await _clip.ClassifyAsync(
                ClipImage.FromFile(file), new ClipLabels(labels.ToArray()), options);
            return result.Predictions[0].Label;
        }

        public async Task<int> CountAsync(IAsyncEnumerable<ClipImage> frames)
        {
            var count = 0;
            await foreach (var result in _clip.EmbedAsync(Inputs(frames)))
                count += result.IsSuccess ? 1 : 0;
            return count;
        }

        private static async IAsyncEnumerable<ClipInput> Inputs(IAsyncEnumerable<ClipImage> frames)
        {
            await foreach (var frame in frames)
                yield return ClipInput.FromImage(frame);
        }
    }
}
