#include <algorithm>
#include <cstdio>

#include "base/process.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "common/command_line.hpp"
#include "mien/error.hpp"

namespace mien::apps {
namespace {

/// The scripts ask `mien help COMMAND` for options, so that they fit the installed programs.
/// %COMMANDS% is replaced.
constexpr const char* kBash = R"sh(_mien() {
  local cur=${COMP_WORDS[COMP_CWORD]}
  if ((COMP_CWORD == 1)); then
    COMPREPLY=($(compgen -W "%COMMANDS% help" -- "$cur"))
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "$(mien help "${COMP_WORDS[1]}" 2>/dev/null |
      grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+')" -- "$cur"))
  else
    COMPREPLY=($(compgen -f -- "$cur"))
  fi
}
complete -o filenames -F _mien mien
)sh";

constexpr const char* kZsh = R"sh(#compdef mien
_mien() {
  if ((CURRENT == 2)); then
    compadd %COMMANDS% help
  elif [[ $PREFIX == -* ]]; then
    compadd -- ${(f)"$(mien help $words[2] 2>/dev/null |
      grep -oE '^ +(-., )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+')"}
  else
    _files
  fi
}
compdef _mien mien
)sh";

constexpr const char* kFish = R"sh(complete -c mien -n __fish_use_subcommand -f -a '%COMMANDS% help'
function __mien_options
  mien help (commandline -opc)[2] 2>/dev/null |
    string match -rg '^ +(?:-., )?(--[a-z0-9-]+)'
end
complete -c mien -n 'not __fish_use_subcommand; and string match -q -- "-*" (commandline -ct)' \
  -a '(__mien_options)'
)sh";

std::string with_commands(std::string script, std::span<const std::string> names) {
  constexpr std::string_view kPlace = "%COMMANDS%";
  return script.replace(script.find(kPlace), kPlace.size(), base::join(names, " "));
}

/// Text as roff: a line must not begin with a control character, and backslashes are doubled.
std::string roff(std::string_view text) {
  std::string out;
  for (const std::string_view line : base::split(text, '\n')) {
    if (line.starts_with('.') || line.starts_with('\'')) out += "\\&";
    for (const char c : line) out += c == '\\' ? "\\\\" : c == '-' ? "\\-" : std::string(1, c);
    out += '\n';
  }
  return out;
}

/// "" for a program that is not installed.
std::string help_of(const std::string& name) {
  const base::ProcessEnd end = base::run_process({"/proc/self/exe", name, "--help"}, "");
  return end.exit_code == 0 ? end.output : "";
}

}  // namespace

int completions_command(std::span<const std::string> arguments,
                        std::span<const std::string> names) {
  CommandLine line(
      "mien completions bash|zsh|fish\n\nPrints a script that completes commands and options, for "
      "example:\n  mien completions bash > ~/.local/share/bash-completion/completions/mien");
  const auto words = line.parse(arguments);
  if (!words) return kExitOk;
  const std::string shell = words->size() == 1 ? words->front() : "";
  if (shell != "bash" && shell != "zsh" && shell != "fish")
    throw Error(ErrorCode::kInvalidArgument,
                "unknown shell '" + shell + "'; choose bash, zsh or fish");
  const char* script = shell == "bash" ? kBash : shell == "zsh" ? kZsh : kFish;
  std::fputs(with_commands(script, names).c_str(), stdout);
  return kExitOk;
}

int man_command(std::span<const std::string> arguments, std::span<const std::string> names) {
  CommandLine line(
      "mien man\n\nPrints the manual page, for example:\n  mien man > "
      "~/.local/share/man/man1/mien.1");
  if (!line.parse_options(arguments)) return kExitOk;
  std::string page =
      ".TH MIEN 1 \"\" \"Mien " MIEN_VERSION
      "\"\n.SH NAME\nmien \\- find faces and classify their expressions\n.SH SYNOPSIS\n.B mien\n"
      "COMMAND [ARGUMENTS] [OPTIONS]\n.SH COMMANDS\n";
  for (const std::string& name : names)
    page += ".SS " + name + "\n.nf\n" + roff(base::trim(help_of(name))) + ".fi\n";
  std::fputs(page.c_str(), stdout);
  return kExitOk;
}

}  // namespace mien::apps
