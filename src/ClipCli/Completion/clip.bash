# Completion of `clip` for bash. The command itself knows its words.
_clip_complete() {
    local word
    COMPREPLY=()
    while IFS= read -r word; do
        [[ -n $word ]] && COMPREPLY+=("$word")
    done < <("$1" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null | tr -d '\r')
}
# Where it has none, names of files.
complete -o default -o bashdefault -F _clip_complete clip clipgrpc
