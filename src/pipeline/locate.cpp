#include "pipeline/locate.hpp"

#include <cstdlib>
#include <string>
#include <system_error>
#include <vector>

#include "mien/error.hpp"

namespace mien {

namespace fs = std::filesystem;

fs::path locate_model(const fs::path& name) {
  std::error_code ignored;
  if (!name.empty() && fs::exists(name, ignored)) return name;
  fs::path file = name.empty() ? fs::path(kDefaultModel) : name;
  if (file.extension() != ".onnx") file += ".onnx";
  std::vector<fs::path> folders;
  if (!name.has_parent_path()) {
    if (const char* variable = std::getenv("MIEN_MODELS")) folders.emplace_back(variable);
    const fs::path program = fs::read_symlink("/proc/self/exe", ignored).parent_path();
    folders.push_back(program / "../share/mien/models");
    folders.push_back(program / "../../models");
    folders.emplace_back(MIEN_INSTALLED_MODELS);
  }
  std::string looked;
  for (const fs::path& folder : folders) {
    const fs::path candidate = (folder / file).lexically_normal();
    if (fs::exists(candidate, ignored)) return candidate;
    looked += (looked.empty() ? "" : ", ") + candidate.parent_path().string();
  }
  throw Error(ErrorCode::kNotFound, (name.empty() ? file : name).string() + ": no such model file" +
                                        (looked.empty() ? "" : " (looked in " + looked + "; MIEN_MODELS names another folder)"));
}

}  // namespace mien
