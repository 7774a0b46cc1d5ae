using System.CommandLine;

namespace ClipGrpc.Cli.Commands;

/// <summary>The examples at the end of each command's <c>--help</c>.</summary>
internal static class CommandExamples
{
    // By the command's names below the root.
    private static readonly Dictionary<string, CommandExample[]> All = new(StringComparer.Ordinal)
    {
        [""] =
        [
            new("classify photo.jpg --labels \"cat,dog,bird\"", "which label fits an image best"),
            new("search photos/ \"a dog on a beach\"", "the images of a folder that fit a text best"),
            new("doctor", "what is wrong with the server or this machine, and what to do"),
        ],
        ["classify"] =
        [
            new(
                "classify photos/ --labels \"cat,dog,bird\" --template \"a photo of a {}\" --top 3",
                "the three best labels of each image in a folder"),
            new(
                "classify 'photos/**/*.jpg' --labels-file labels.txt --json",
                "many labels from a file, one JSON object per image"),
            new(
                "classify --files-from list.txt --labels \"cat,dog\" --json --timings --quiet",
                "the images of a list, with the server's times and nothing but errors on stderr"),
        ],
        ["embed"] =
        [
            new("embed --text \"a red bicycle\" --json", "a text's embedding as JSON"),
            new("embed photos/ --npy vectors.npy", "a folder's images as a NumPy array, with vectors.names.jsonl"),
            new("embed photos/ --parquet vectors.parquet --resume", "goes on where an earlier run was interrupted"),
            new(
                "embed photos/ --parquet part-3.parquet --resume --shard 3/16",
                "one of 16 parts, for as many machines; clip merge puts them together"),
            new("embed --files-from - --null --hidden -v --json", "the files that find -print0 lists"),
        ],
        ["merge"] = [new("merge vectors.parquet part-1.parquet part-2.parquet", "the rows of both parts in one file")],
        ["rank"] =
        [
            new("rank \"a red bicycle\" --images photos/ --top 5", "the five images that fit a text best"),
            new("rank --query-image cat.jpg --texts \"a cat\" \"a dog\" --json", "the texts that fit an image best"),
        ],
        ["search"] =
        [
            new("search photos/ \"a dog on a beach\" --top 20", "the folder is embedded once, later runs are quick"),
            new("search photos/ --image dog.jpg --html similar.html", "similar images, as a page with thumbnails"),
        ],
        ["video"] =
        [
            new(
                "video film.mp4 --labels \"a dog,a beach,a city\" --html film.html --vtt film.vtt",
                "what a video shows, as a page with timelines and as subtitles"),
            new(
                "video clips/*.mp4 --every 1s --labels-file labels.txt --csv segments.csv",
                "one frame per second of several files, as a table of segments"),
            new(
                "video rtsp://camera/stream --labels \"a person,an empty room\" --reconnect",
                "a camera of the network; the last frame counts, and a lost connection is made again"),
            new("video /dev/video0 --labels \"a cup,a book\" --json", "a camera, one JSON object per frame"),
            new(
                "video - --raw nv12 1280x720@25 --labels \"a cup,a book\"",
                "frames that another program writes to standard input"),
        ],
        ["eval"] =
        [
            new(
                "eval --images val/ --classes imagenet.tsv --out results/",
                "zero-shot accuracy on a folder with one subfolder per class"),
        ],
        ["models"] =
        [
            new("models", "the models of the server"),
            new("models --cached --json", "the models in the cache of this machine, one JSON object per line"),
        ],
        ["load"] =
        [
            new("load laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "loads a model under a name made of its source"),
            new(
                "load fast=demo --precision int8 --server unix:/run/clipgrpc/admin.sock",
                "loads it as \"fast\", over the server's Unix domain socket"),
        ],
        ["unload"] = [new("unload fast", "finishes the work that the model has accepted, then frees it")],
        ["ps"] =
        [
            new("ps", "what runs on the server, and in which state"),
            new("ps --json", "one JSON object per model"),
        ],
        ["pull"] =
        [
            new("pull laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "downloads a model into the cache"),
            new("pull ViT-B-32/laion2b_s34b_b79k", "the same by an OpenCLIP name"),
        ],
        ["verify"] =
        [
            new("verify", "hashes every file of the cache again"),
            new("verify laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K --repair", "downloads damaged files again"),
        ],
        ["rm"] =
        [
            new("rm laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "removes a model from the cache, after a question"),
            new(
                "rm laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K@main --yes",
                "removes one revision without a question; files that other revisions share stay"),
        ],
        ["prune"] =
        [
            new("prune --dry-run", "what is not needed any more, and its size"),
            new("prune --yes", "removes it without a question"),
        ],
        ["convert"] = [new("convert demo --out towers/", "a model's image and text towers as ONNX files")],
        ["health"] = [new("health --server http://clip.example:50051", "exit code 0 when everything serves")],
        ["bench"] =
        [
            new("bench", "how many images per second the server embeds, and with how many callers"),
            new("bench --images photos/ --callers 1,4,16 --batch 1,8", "with images of yours, and two sizes of calls"),
            new("bench --generate texts --loop open --rate 50,100 --json", "latency of texts at given rates"),
        ],
        ["doctor"] =
        [
            new("doctor", "checks the default server and this machine"),
            new("doctor --server https://clip.example:50051 --tls-ca ca.pem --json", "another server, as JSON"),
        ],
        ["completion"] =
        [
            new("completion bash > ~/.local/share/bash-completion/completions/clip", "for every new bash"),
            new("completion zsh > \"${fpath[1]}/_clip\"", "for every new zsh"),
            new("completion fish > ~/.config/fish/completions/clip.fish", "for every new fish"),
            new("completion pwsh >> $PROFILE", "for every new PowerShell"),
        ],
        ["key"] = [new("key create alice", "a new key, and its line for the server's --api-keys file")],
        ["key create"] =
        [
            new("key create alice --append-to api-keys.txt", "appends the line to the server's file"),
            new("key create ci --set roles=infer rate=100", "a key with roles and limits"),
        ],
    };

    /// <summary>None for a command that is not in the table.</summary>
    public static IReadOnlyList<CommandExample> Of(Command command) => All.GetValueOrDefault(NameOf(command), []);

    // Without the root, which is called as its program is.
    private static string NameOf(Command command) =>
        command.Parents.OfType<Command>().FirstOrDefault() is not { } parent
            ? ""
            : $"{NameOf(parent)} {command.Name}".TrimStart();
}
