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
            new("classify photo.jpg --labels \"cat,dog,bird\"", "find the label that best matches an image"),
            new("search photos/ \"a dog on a beach\"", "find the images of a folder that best match a text"),
            new("doctor", "find problems of the server or this machine"),
        ],
        ["classify"] =
        [
            new(
                "classify photos/ --labels \"cat,dog,bird\" --template \"a photo of a {}\" --top 3",
                "show the three best labels of each image in a folder"),
            new(
                "classify 'photos/**/*.jpg' --labels-file labels.txt --json",
                "read the labels from a file, print one JSON object per image"),
            new(
                "classify --files-from list.txt --labels \"cat,dog\" --json --timings --quiet",
                "classify the images of a list; print the server's timings, and only errors on stderr"),
        ],
        ["embed"] =
        [
            new("embed --text \"a red bicycle\" --json", "print the embedding of a text as JSON"),
            new("embed photos/ --npy vectors.npy", "write the embeddings as a NumPy array, with vectors.names.jsonl"),
            new("embed photos/ --parquet vectors.parquet --resume", "continue an interrupted run"),
            new(
                "embed photos/ --parquet part-3.parquet --resume --shard 3/16",
                "process one of 16 parts, one per machine; merge them with clip merge"),
            new("embed --files-from - --null --hidden -v --json", "embed the files listed by find -print0"),
        ],
        ["merge"] = [new("merge vectors.parquet part-1.parquet part-2.parquet", "merge the rows of two parts")],
        ["rank"] =
        [
            new("rank \"a red bicycle\" --images photos/ --top 5", "find the five images that best match a text"),
            new("rank --query-image cat.jpg --texts \"a cat\" \"a dog\" --json", "rank texts by how well they match"),
        ],
        ["search"] =
        [
            new("search photos/ \"a dog on a beach\" --top 20", "embeds the folder once; later runs are fast"),
            new("search photos/ --image dog.jpg --html similar.html", "write a page of similar images"),
        ],
        ["video"] =
        [
            new(
                "video film.mp4 --labels \"a dog,a beach,a city\" --html film.html --vtt film.vtt",
                "write an HTML report with timelines, and subtitles"),
            new(
                "video clips/*.mp4 --every 1s --labels-file labels.txt --csv segments.csv",
                "classify one frame per second of several files, write the segments"),
            new(
                "video rtsp://camera/stream --labels \"a person,an empty room\" --reconnect",
                "classify the latest frame of a network camera, reconnect when the connection is lost"),
            new("video /dev/video0 --labels \"a cup,a book\" --json", "print one JSON object per frame of a camera"),
            new(
                "video - --raw nv12 1280x720@25 --labels \"a cup,a book\"",
                "read raw frames from standard input"),
        ],
        ["eval"] =
        [
            new(
                "eval --images val/ --classes imagenet.tsv --out results/",
                "measure zero-shot accuracy on a folder with one subfolder per class"),
        ],
        ["models"] =
        [
            new("models", "list the models of the server"),
            new("models --cached --json", "list the models in the local cache, one JSON object per line"),
        ],
        ["load"] =
        [
            new("load laion/CLIP-ViT-B-32-laion2B-s34B-b79K", "load a model under a name derived from its source"),
            new(
                "load fast=demo --precision int8 --server unix:/run/clipgrpc/admin.sock",
                "load a model as \"fast\", over the server's Unix domain socket"),
        ],
        ["unload"] = [new("unload fast", "complete accepted work, then free the model")],
        ["ps"] =
        [
            new("ps", "show the models of the server and their states"),
            new("ps --json", "print one JSON object per model"),
        ],
        ["pull"] =
        [
            new("pull laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "download a model to the cache"),
            new("pull ViT-B-32/laion2b_s34b_b79k", "download a model by its OpenCLIP name"),
        ],
        ["verify"] =
        [
            new("verify", "hash every file in the cache"),
            new("verify laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K --repair", "download damaged files again"),
        ],
        ["rm"] =
        [
            new("rm laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K", "remove a model from the cache, after confirmation"),
            new(
                "rm laion/CLIP-ViT-B-32-DataComp.XL-s13B-b90K@main --yes",
                "remove one revision without confirmation; files shared with other revisions are kept"),
        ],
        ["prune"] =
        [
            new("prune --dry-run", "show what can be removed, and its size"),
            new("prune --yes", "remove it without confirmation"),
        ],
        ["convert"] = [new("convert demo --out towers/", "export the image and text towers of a model")],
        ["health"] = [new("health --server http://clip.example:50051", "exit code 0 if everything is serving")],
        ["bench"] =
        [
            new("bench", "measure how many images per second the server embeds"),
            new("bench --images photos/ --callers 1,4,16 --batch 1,8", "use images of a folder, 1 and 8 per call"),
            new("bench --generate texts --loop open --rate 50,100 --json", "measure the latency at fixed rates"),
            new("bench demo", "find the fastest device and precision of this machine, without a server"),
        ],
        ["doctor"] =
        [
            new("doctor", "check the default server and this machine"),
            new("doctor --server https://clip.example:50051 --tls-ca ca.pem --json", "check another server"),
        ],
        ["completion"] =
        [
            new("completion bash > ~/.local/share/bash-completion/completions/clip", "enable completion in bash"),
            new("completion zsh > \"${fpath[1]}/_clip\"", "enable completion in zsh"),
            new("completion fish > ~/.config/fish/completions/clip.fish", "enable completion in fish"),
            new("completion pwsh >> $PROFILE", "enable completion in PowerShell"),
        ],
        ["key"] = [new("key create alice", "create a key and its line for the server's --api-keys file")],
        ["key create"] =
        [
            new("key create alice --append-to api-keys.txt", "append the line to the server's file"),
            new("key create ci --set roles=infer rate=100", "create a key with roles and limits"),
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
