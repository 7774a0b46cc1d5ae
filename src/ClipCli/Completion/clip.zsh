#compdef clip clipgrpc
# Completion of `clip` for zsh. The command itself knows its words.
_clip() {
    local line="${(j: :)words[1,CURRENT]}"
    local -a candidates
    candidates=(${(f)"$("${words[1]}" "[suggest:${#line}]" "$line" 2>/dev/null)"})
    if (( ${#candidates} )); then
        compadd -a candidates
    else
        _files
    fi
}
# As a file of $fpath it is the function itself; where it is sourced, it is registered.
if [[ ${funcstack[1]} == _clip ]]; then
    _clip "$@"
elif (( ${+functions[compdef]} )); then
    compdef _clip clip clipgrpc
fi
