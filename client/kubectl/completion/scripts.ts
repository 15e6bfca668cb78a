/**
 * What makes a shell complete our command line. All of them ask the plug-in itself, so that nothing has to be kept in step.
 *
 * kubectl completes a plug-in by a program `kubectl_complete-<name>` on PATH; with it, any shell that completes kubectl completes us.
 */
import type { SHELLS } from '../commands.ts';

const BASH = `_kubectl_runevault() {
	local current=\${COMP_WORDS[COMP_CWORD]} line directive=
	COMPREPLY=()
	while IFS= read -r line; do
		case $line in
			:*) directive=$line ;;
			*) COMPREPLY+=("\${line%%$'\\t'*}") ;;
		esac
	done < <(kubectl-runevault __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
	if [[ $directive == :0 ]]; then
		while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
	fi
}
complete -F _kubectl_runevault kubectl-runevault
`;

const ZSH = `#compdef kubectl-runevault
_kubectl_runevault() {
	local -a lines
	lines=("\${(@f)$(kubectl-runevault __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
	compadd -- "\${(@)\${(@)lines[1,-2]}%%$'\\t'*}"
	[[ $lines[-1] == :0 ]] && _files
}
compdef _kubectl_runevault kubectl-runevault
`;

const FISH = `function __kubectl_runevault_complete
	set -l words (commandline -opc) (commandline -ct)
	set -l lines (kubectl-runevault __complete $words[2..] 2>/dev/null)
	string match --invert --regex '^:' -- $lines
	if test "$lines[-1]" = ':0'
		__fish_complete_path (commandline -ct)
	end
end
complete --command kubectl-runevault --no-files --arguments '(__kubectl_runevault_complete)'
`;

const KUBECTL = `#!/bin/sh
# As kubectl_complete-runevault on PATH: kubectl asks it to complete "kubectl runevault".
exec kubectl-runevault __complete "$@"
`;

export const SCRIPTS: Readonly<Record<(typeof SHELLS)[number], string>> = { bash: BASH, zsh: ZSH, fish: FISH, kubectl: KUBECTL };
