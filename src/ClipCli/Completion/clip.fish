# Completion of `clip` for fish. The command itself knows its words.
function __clip_complete
    set -l words (commandline -opc)
    set -l line (commandline -cp)
    $words[1] "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
end
complete -c clip -a '(__clip_complete)'
complete -c clipgrpc -a '(__clip_complete)'
