#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "commands.hpp"

namespace mien::apps {

int forward(const std::string& command, const std::string& program, std::vector<std::string> words,
            const char* how_to_get_it) {
  std::error_code ignored;
  const std::filesystem::path beside =
      std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / program;
  words.insert(words.begin(), program);
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  if (std::filesystem::exists(beside, ignored)) ::execv(beside.c_str(), pointers.data());
  ::execvp(program.c_str(), pointers.data());
  std::fprintf(stderr, "mien: '%s' needs the program %s, which is not installed. %s",
               command.c_str(), program.c_str(), how_to_get_it);
  return kExitFailed;
}

}  // namespace mien::apps
