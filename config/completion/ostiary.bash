# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# bash completion of ostiary(1). Commands and options come from the command itself, names of devices, generations and refusals from
# ostiaryd: what does not answer within a second completes nothing. Installed as bash-completion/completions/ostiary; or source it.

# _ostiary_ask WHAT...: words, one a line. With --root where the line has it.
_ostiary_ask() {
	local command=${COMP_WORDS[0]}
	[ "${command:0:1}" = "~" ] && command=$HOME${command:1}
	"$command" "${_ostiary_root[@]}" complete "$@" 2>/dev/null
}

# _ostiary_words WORD...: those that begin with what is there
_ostiary_words() {
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$*" -- "$cur" | sort -u)
}

# _ostiary_files [SUFFIX...]: folders, and files with one of these endings, or all files
_ostiary_files() {
	local name suffix
	compopt -o filenames 2>/dev/null
	while IFS= read -r name; do
		[ -d "$name" ] || [ $# = 0 ] && COMPREPLY+=("$name") && continue
		for suffix; do
			[[ $name == *"$suffix" ]] && COMPREPLY+=("$name") && break
		done
	done < <(compgen -f -- "$cur")
}

_ostiary_folders() {
	compopt -o filenames 2>/dev/null
	mapfile -t COMPREPLY < <(compgen -d -- "$cur")
}

# Words that differ from command to command: the group and the command are in words.
_ostiary_states() {
	case ${words[0]} in
	incident) _ostiary_words open closed all ;;
	*) _ostiary_words unknown learning identified quarantined authenticated expired locked-out revoked retired ;;
	esac
}
_ostiary_formats() {
	case ${words[1]} in
	report) _ostiary_words text json html ;;
	*) _ostiary_words ecs cef ocsf stix ;;
	esac
}

# What an option takes. False: it takes nothing that is known, or is none.
_ostiary_option() {
	case $1 in
	--policy) _ostiary_files .yaml ;;
	--log) _ostiary_files .ndjson .1 .2 .3 ;;
	--config | --csr | --crl | --ca-certificate | --gateway-certificate | --write-allowed | --write-refused) _ostiary_files ;;
	--key | --from | --proof | --pseudonyms) _ostiary_files ;;
	--capture) _ostiary_files .pcap .pcapng .cap ;;
	--root | --out | --dir) _ostiary_folders ;;
	--device) _ostiary_words "$(_ostiary_ask devices)" ;;
	--generation) _ostiary_words "$(_ostiary_ask generations)" ;;
	--refusal) _ostiary_words "$(_ostiary_ask refusals)" ;;
	--confirm) _ostiary_words 90s 5m 1h ;;
	--tag) _ostiary_words "$(_ostiary_ask tags)" ;;
	--regime) _ostiary_words "$(_ostiary_ask regimes)" ;;
	--stage | --submitted) _ostiary_words "$(_ostiary_ask stages)" ;;
	--moment) _ostiary_words "$(_ostiary_ask moments)" ;;
	--cause) _ostiary_words "$(_ostiary_ask causes)" ;;
	--duplicate-of) _ostiary_words "$(_ostiary_ask incidents)" ;;
	--significant) _ostiary_words yes no ;;
	--verdict) _ostiary_words true-positive false-positive benign duplicate ;;
	--format) _ostiary_formats ;;
	--file) _ostiary_files ;;
	--state) _ostiary_states ;;
	--aware-at | --answer | --reference | --corrects | --since | --after) ;;
	--message | --wait | --limit | --reason | --role | --name | --organization | --days | --at | --top | --flows | --packet | --flow | --unused-since) ;;
	*) return 1 ;;
	esac
}

# _ostiary_argument COMMAND: what stands behind its options
_ostiary_argument() {
	case $1 in
	"policy check" | "policy test" | "policy fmt" | "policy apply" | "policy plan") _ostiary_files .yaml ;;
	"policy import-mud") _ostiary_files .json ;;
	"policy confirm" | "policy rollback") _ostiary_words "$(_ostiary_ask generations)" ;;
	"device list") ;;
	"incident list" | "incident watch") ;;
	incident\ *) _ostiary_words "$(_ostiary_ask incidents)" ;;
	device\ *) _ostiary_words "$(_ostiary_ask devices)" ;;
	replay) _ostiary_files .pcap .pcapng .cap ;;
	esac
}

_ostiary() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} i command="" next
	local -a _ostiary_root=() words=()
	COMPREPLY=()
	# the words of the command, in front of the cursor and without options
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--root) [ $((i + 1)) -lt "$COMP_CWORD" ] && _ostiary_root=(--root "${COMP_WORDS[++i]}") ;;
		-*) ;;
		*) words+=("${COMP_WORDS[i]}") ;;
		esac
		[ ${#words[@]} -lt 2 ] || break
	done
	[ "$COMP_CWORD" -gt 1 ] && _ostiary_option "$prev" && return
	next=$(_ostiary_ask commands "${words[@]:0:2}")
	if [ ${#words[@]} -lt 2 ] && [ -n "$next" ] && [ "${cur:0:1}" != - ]; then
		_ostiary_words "$next"
		return
	fi
	command=$(_ostiary_ask command "${words[@]}")
	if [ -z "$command" ]; then
		[ "${cur:0:1}" = - ] && _ostiary_words --root --json --version --help
	elif [ "${cur:0:1}" = - ]; then
		# shellcheck disable=SC2086 # two words
		_ostiary_words "$(_ostiary_ask options $command)"
	else
		_ostiary_argument "$command"
	fi
}
complete -F _ostiary ostiary
