#include <regex>
#include <thread>

#include "apps_support.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;

const std::string kYunet = "models/face_detection_yunet_2023mar.onnx";

/// Serves a folder on a free port of this machine alone, as long as it lives.
class LoopbackServer {
 public:
  explicit LoopbackServer(const fs::path& folder)
      : log_(scratch_ / "log"),
        server_({.program = "/usr/bin/python3",
                 .arguments = {"-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory",
                               folder.string()},
                 .output = log_}) {}

  /// Empty where the server does not start.
  std::string address() {
    static const std::regex kPort("port ([0-9]+)");
    for (int i = 0; i < 600 && server_.running(); ++i) {
      std::smatch port;
      const std::string log = fs::exists(log_) ? base::read_text(log_) : "";
      if (std::regex_search(log, port, kPort)) return "http://127.0.0.1:" + port[1].str();
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    return "";
  }

 private:
  TemporaryDir scratch_;
  fs::path log_;
  Process server_;
};

class Models : public testing::Test {
 protected:
  void SetUp() override {
    const auto file = shared_path(kYunet);
    if (!file) GTEST_SKIP() << "the shared copy of YuNet is not here";
    if (!fs::exists("/usr/bin/curl") || !fs::exists("/usr/bin/python3"))
      GTEST_SKIP() << "curl or python3 is not installed";
    original_ = *file;
    fs::create_directory(served_);
  }

  ProcessResult mien(std::vector<std::string> arguments) const {
    return run(
        {.program = kMien,
         .arguments = std::move(arguments),
         .environment = {
             {"XDG_DATA_HOME", data_.string()}, {"MIEN_MODELS", ""}, {"no_proxy", "127.0.0.1"}}});
  }

  /// The files of the models' folder, hidden ones too.
  std::vector<std::string> stored() const {
    std::vector<std::string> names;
    std::error_code missing;
    for (const auto& entry : fs::directory_iterator(data_ / "mien/models", missing))
      names.push_back(entry.path().filename());
    return names;
  }

  fs::path original_;
  TemporaryDir folder_;
  fs::path data_ = folder_ / "data", served_ = folder_ / "served";
};

TEST_F(Models, FetchChecksAndStores) {
  fs::copy_file(original_, served_ / "any name.onnx");
  LoopbackServer server(served_);
  const std::string address = server.address();
  ASSERT_FALSE(address.empty()) << "the server did not start";
  const ProcessResult first =
      mien({"models", "fetch", "yunet", "--from", address + "/any%20name.onnx"});
  EXPECT_EQ(first.exit_code, 0) << first.error;
  EXPECT_EQ(stored(), std::vector<std::string>{"yunet.onnx"});
  EXPECT_EQ(base::read_text(data_ / "mien/models/yunet.onnx"), base::read_text(original_));

  // It is not fetched a second time: the address is wrong now.
  const ProcessResult second = mien({"models", "fetch", "yunet", "--from", address + "/gone"});
  EXPECT_EQ(second.exit_code, 0) << second.error;
  EXPECT_NE(second.out.find("already stored"), std::string::npos) << second.out;

  const auto list = nlohmann::json::parse(mien({"models", "list", "--format", "json"}).out);
  EXPECT_EQ(list.at(0).at("path"), (data_ / "mien/models/yunet.onnx").string());
}

TEST_F(Models, RefusesAChangedByte) {
  std::string bytes = base::read_text(original_);
  bytes[bytes.size() / 2] ^= 1;
  base::write_file(served_ / "yunet.onnx", bytes);
  LoopbackServer server(served_);
  const std::string address = server.address();
  ASSERT_FALSE(address.empty()) << "the server did not start";
  for (const std::string& from : {address + "/yunet.onnx", (served_ / "yunet.onnx").string()}) {
    const ProcessResult result = mien({"models", "fetch", "yunet", "--from", from});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_NE(result.error.find("8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4"),
              std::string::npos)
        << result.error;
    EXPECT_NE(result.error.find("sha256"), std::string::npos) << result.error;
    EXPECT_TRUE(stored().empty());
  }
}

TEST_F(Models, FetchReplacesADamagedCopy) {
  fs::create_directories(data_ / "mien/models");
  base::write_file(data_ / "mien/models/yunet.onnx", "half");
  const ProcessResult result = mien({"models", "fetch", "yunet", "--from", original_.string()});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(base::read_text(data_ / "mien/models/yunet.onnx"), base::read_text(original_));
  EXPECT_EQ(stored().size(), 1u);
}

TEST_F(Models, SaysWhatIsWrong) {
  LoopbackServer server(served_);
  const std::string address = server.address();
  ASSERT_FALSE(address.empty()) << "the server did not start";
  const auto error = [&](const std::string& from) {
    return mien({"models", "fetch", "yunet", "--from", from});
  };
  const ProcessResult missing = error(address + "/missing.onnx");
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.error.find("404"), std::string::npos) << missing.error;
  EXPECT_NE(missing.error.find("--from FILE"), std::string::npos) << missing.error;
  const ProcessResult closed = error("http://127.0.0.1:1/yunet.onnx");
  EXPECT_EQ(closed.exit_code, 1);
  EXPECT_NE(closed.error.find("onnect"), std::string::npos) << closed.error;
  EXPECT_EQ(error("file:///etc/passwd").exit_code, 2);
  EXPECT_EQ(error((folder_ / "nothing").string()).exit_code, 1);
  EXPECT_EQ(mien({"models", "fetch", "nose"}).exit_code, 2);
  EXPECT_EQ(mien({"models"}).exit_code, 2);
  EXPECT_TRUE(stored().empty());

  fs::create_directories(data_);
  base::write_file(data_ / "mien", "a file where the folder should be");
  const ProcessResult blocked = error(original_.string());
  EXPECT_EQ(blocked.exit_code, 1);
  EXPECT_NE(blocked.error.find((data_ / "mien/models").string()), std::string::npos)
      << blocked.error;
}

TEST_F(Models, FetchedYunetIsTheDefaultDetector) {
  const auto photo = shared_path("photos/person-linda.jpg");
  if (!photo || !fs::exists(default_model()))
    GTEST_SKIP() << "the photos or the model are not here";
  const auto is_square = [&] {
    const ProcessResult result =
        run({.program = kMien,
             .arguments = {"predict", photo->string(), "--format", "json", "--model",
                           default_model().string()},
             .environment = {{"XDG_DATA_HOME", data_.string()}, {"MIEN_MODELS", ""}}});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    const auto box = nlohmann::json::parse(result.out).at(0).at("faces").at(0).at("box");
    return std::abs(box.at("width").get<double>() - box.at("height").get<double>()) < 1;
  };
  EXPECT_TRUE(is_square()) << "HOG's boxes are square";
  EXPECT_EQ(mien({"models", "fetch", "yunet", "--from", original_.string()}).exit_code, 0);
  EXPECT_FALSE(is_square()) << "YuNet's are not";
}

}  // namespace
}  // namespace mien::test
