# Completion of `clip` for bash. The command itself knows its commands and options.
_clip_complete() {
    local word=${COMP_WORDS[COMP_CWORD]} candidate
    COMPREPLY=()
    while IFS= read -r candidate; do
        [[ -n $candidate && $candidate == "$word"* ]] && COMPREPLY+=("$candidate")
    done < <("$1" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null | tr -d '\r')
}
# Where it has no word of its own, names of files.
complete -o default -o bashdefault -F _clip_complete clip clipgrpc
