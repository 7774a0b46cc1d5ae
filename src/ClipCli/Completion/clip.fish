# Completion of `clip` for fish. The command itself knows its words.
function __clip_complete
    set -l words (commandline -opc)
    set -l line (commandline -cp)
    set -l suggested ($words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
    if set -q suggested[1]
        string join -- \n $suggested
    else
        __fish_complete_path (commandline -ct)
    end
end
# Names of files only where the command has no words.
complete -c clip -f -a '(__clip_complete)'
complete -c clipgrpc -f -a '(__clip_complete)'
