# Completion of `clip` for PowerShell. The command itself knows its words.
Register-ArgumentCompleter -Native -CommandName clip, clipgrpc -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $line = $commandAst.ToString().PadRight($cursorPosition - $commandAst.Extent.StartOffset)
    & $commandAst.CommandElements[0].Value "[suggest:$($line.Length)]" $line 2>$null |
        ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
