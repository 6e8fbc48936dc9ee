#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <vector>

#include "commands.hpp"

namespace mien::apps {

int forward_to_train(const std::string& command, std::span<const std::string> arguments) {
  std::error_code ignored;
  const std::filesystem::path beside =
      std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "mien-train";
  std::vector<std::string> words{"mien-train", command};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  if (std::filesystem::exists(beside, ignored)) ::execv(beside.c_str(), pointers.data());
  ::execvp("mien-train", pointers.data());
  std::fprintf(stderr,
               "mien: '%s' needs the program mien-train, which is not installed here. It is built with LibTorch:\n"
               "  make train        (installs LibTorch, builds build/bin/mien-train)\n",
               command.c_str());
  return kExitFailed;
}

}  // namespace mien::apps
