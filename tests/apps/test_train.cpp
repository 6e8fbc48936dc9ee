// mien train and mien export as programs: what a killed, stopped and resumed run gives.
#include <signal.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <numeric>
#include <thread>

#include "apps_support.hpp"
#include "datasets/npy.hpp"
#include "model/model.hpp"
#include "photo_files.hpp"
#include "synthetic_faces.hpp"

namespace mien::test {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

const fs::path kMienTrain = fs::path(MIEN_BIN_DIR) / "mien-train";

class Train : public testing::Test {
 protected:
  static void SetUpTestSuite() { folder_ = std::make_unique<TemporaryDir>(); }
  static void TearDownTestSuite() { folder_.reset(); }
  void SetUp() override {
    if (!fs::exists(kMienTrain)) GTEST_SKIP() << kMienTrain << " is not built (MIEN_TRAIN)";
    if (!fs::exists(data())) datasets::write_packed(data(), synthetic_faces(16));
  }

  static fs::path data() { return *folder_ / "faces.npy"; }
  static fs::path run_folder(const std::string& name) { return *folder_ / name; }

  static Command train_command(const std::string& name, const Words& more = {}) {
    Words words = {"train",
                   "--data",
                   data(),
                   "--out",
                   run_folder(name),
                   "--epochs",
                   "4",
                   "--batch-size",
                   "32",
                   "--warmup",
                   "0",
                   "--ema-decay",
                   "0.9",
                   "--precision",
                   "f32",
                   "--threads",
                   "1"};
    words.insert(words.end(), more.begin(), more.end());
    Command command = mien_command(words);
    command.timeout = std::chrono::seconds(300);
    return command;
  }

  /// The bytes of the model file of a finished run.
  static std::string exported(const std::string& name) {
    const fs::path model = run_folder(name) / "model.onnx";
    const ProcessResult result = mien({"export", run_folder(name) / "last.ckpt", "-o", model});
    EXPECT_EQ(result.exit_code, 0) << result.error;
    return base::read_text(model);
  }

  /// The model of a run that nothing disturbed; trained once for all tests.
  static const std::string& undisturbed() {
    static const std::string bytes = [] {
      const ProcessResult result = run(train_command("undisturbed"));
      EXPECT_EQ(result.exit_code, 0) << result.error;
      return exported("undisturbed");
    }();
    return bytes;
  }

  /// Starts a run and sends it a signal in the second epoch.
  static ProcessResult disturbed(const std::string& name, int signal) {
    Process process(train_command(name));
    while (process.running() && !fs::exists(run_folder(name) / "last.ckpt"))
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    process.send(signal);
    return process.wait();
  }

  static ProcessResult resume(const std::string& name) {
    Command command = mien_command({"train", "--resume", "--out", run_folder(name)});
    command.timeout = std::chrono::seconds(300);
    return run(command);
  }

  static std::size_t epochs_in_history(const std::string& name) {
    const std::string history = base::read_text(run_folder(name) / "history.csv");
    return static_cast<std::size_t>(std::count(history.begin(), history.end(), '\n')) -
           1;  // but for the header
  }

  static inline std::unique_ptr<TemporaryDir> folder_;
};

TEST_F(Train, ResumedAfterKillGivesTheSameModel) {
  const ProcessResult killed = disturbed("killed", SIGKILL);
  EXPECT_EQ(killed.signal, SIGKILL);
  ASSERT_LT(epochs_in_history("killed"), 4U) << "the run had ended already";
  const ProcessResult rest = resume("killed");
  ASSERT_EQ(rest.exit_code, 0) << rest.error;
  EXPECT_NE(rest.error.find("resumed after epoch "), std::string::npos) << rest.error;
  EXPECT_EQ(epochs_in_history("killed"), 4U);
  EXPECT_TRUE(exported("killed") == undisturbed());
}

TEST_F(Train, InterruptStopsCleanlyAndResumes) {
  const ProcessResult stopped = disturbed("stopped", SIGINT);
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_NE(stopped.error.find("resume with --resume"), std::string::npos) << stopped.error;
  ASSERT_EQ(resume("stopped").exit_code, 0);
  EXPECT_TRUE(exported("stopped") == undisturbed());
}

TEST_F(Train, StoppedInItsFirstEpochKeepsNothing) {
  Process process(train_command("early", {"--batch-size", "1", "--network", "mobilenetv2"}));
  while (process.running() && !fs::exists(run_folder("early")))
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  process.send(SIGINT);
  const ProcessResult stopped = process.wait();
  EXPECT_EQ(stopped.exit_code, 130);
  EXPECT_NE(stopped.error.find("stopped in the first epoch"), std::string::npos) << stopped.error;
  EXPECT_FALSE(fs::exists(run_folder("early") / "last.ckpt"));
}

TEST_F(Train, MeanOfTwoRunsIsACheckpointToGoOnFrom) {
  undisturbed();
  const fs::path first = run_folder("undisturbed") / "last.ckpt", mean = *folder_ / "mean.ckpt";
  ASSERT_EQ(
      run(train_command("second", {"--from", first, "--epochs", "1", "--seed", "2"})).exit_code, 0);
  const ProcessResult exported_mean =
      mien({"export", first, run_folder("second") / "last.ckpt", "-o", mean});
  ASSERT_EQ(exported_mean.exit_code, 0) << exported_mean.error;
  const fs::path model = *folder_ / "mean.onnx";
  ASSERT_EQ(mien({"export", mean, "-o", model}).exit_code, 0);
  EXPECT_FALSE(model::read_onnx(model).metadata.contains(
      "scores.public_test"));  // that of the last network is not the mean's
  const ProcessResult third =
      run(train_command("third", {"--from", mean, "--teachers", mean, "--epochs", "1"}));
  ASSERT_EQ(third.exit_code, 0) << third.error;
  EXPECT_EQ(epochs_in_history("third"), 1U);
  const ProcessResult missing = mien(
      {"train", "--from", *folder_ / "none.ckpt", "--data", data(), "--out", *folder_ / "none"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.error.find("none.ckpt"), std::string::npos) << missing.error;
}

TEST_F(Train, AnExportedModelTeachesAndIsTrainedOn) {
  undisturbed();
  const fs::path model = run_folder("undisturbed") / "model.onnx";
  const ProcessResult on =
      run(train_command("on", {"--from", model, "--teachers", model, "--epochs", "1"}));
  EXPECT_EQ(on.exit_code, 0) << on.error;
  EXPECT_EQ(epochs_in_history("on"), 1U);

  const fs::path foreign = *folder_ / "foreign.onnx", newer = *folder_ / "newer.onnx",
                 quantized = *folder_ / "quantized.onnx";
  model::Model changed = model::read_onnx(model);
  changed.metadata["training.settings"] += "what-is-not-yet-known = 1\n";
  model::write_onnx(changed, newer);
  changed.metadata.erase("training.settings");
  model::write_onnx(changed, foreign);
  ASSERT_EQ(mien({"quantize", model, "--calibration", data(), "-o", quantized}).exit_code, 0);
  const auto expect_error = [&](int exit_code, const Words& words, const std::string& what) {
    const ProcessResult refused = run(train_command("refused", words));
    EXPECT_EQ(refused.exit_code, exit_code);
    EXPECT_NE(refused.error.find(what), std::string::npos) << refused.error;
  };
  expect_error(1, {"--teachers", foreign}, "training.settings");
  expect_error(1, {"--from", newer}, "what-is-not-yet-known");
  expect_error(1, {"--from", quantized}, "quantized");
  expect_error(2, {"--from", model, "--filters1", "8"}, "'block1_conv1'");
  expect_error(2, {"--from", model, "--norm", "none"}, "'block1_norm'");
}

TEST_F(Train, RunLeavesItsFilesAndAModelThatPredicts) {
  undisturbed();
  for (const char* name : {"last.ckpt", "best.ckpt", "history.csv"}) {
    EXPECT_TRUE(fs::exists(run_folder("undisturbed") / name)) << name;
  }
  EXPECT_EQ(epochs_in_history("undisturbed"), 4U);
  const fs::path crop = *folder_ / "crop.png";
  base::write_file(crop, vision::encode_png(gradient(48, 48)));
  const ProcessResult result = mien({"predict", "--crop", "--format", "json", "--threads", "1",
                                     "--model", run_folder("undisturbed") / "model.onnx", crop});
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(nlohmann::json::parse(result.out)[0]["faces"][0]["probabilities"].size(), 7U);
}

/// Largest difference between the weights of two model files, relative to the largest weight of
/// each tensor.
double weight_difference(const std::string& a, const std::string& b) {
  const auto read = [](const std::string& bytes) {
    return model::read_onnx(std::as_bytes(std::span(bytes)), "memory");
  };
  const model::Model x = read(a), y = read(b);
  EXPECT_EQ(x.initializers.size(), y.initializers.size());
  double largest = 0;
  for (std::size_t i = 0; i < x.initializers.size(); ++i) {
    const auto v = x.initializers[i].values<float>(), w = y.initializers[i].values<float>();
    double size = 1e-3, difference = 0;
    for (std::size_t k = 0; k < v.size(); ++k) {
      size = std::max<double>(size, std::abs(v[k]));
      difference = std::max<double>(difference, std::abs(v[k] - w[k]));
    }
    largest = std::max(largest, difference / size);
  }
  return largest;
}

class ParallelTrain : public Train {
 protected:
  void SetUp() override {
    Train::SetUp();
    if (IsSkipped()) return;
    const ProcessResult probe = run(train_command("probe", {"--nproc", "2", "--epochs", "1"}));
    if (probe.error.find("this build has no Gloo") != std::string::npos)
      GTEST_SKIP() << "built without Gloo";
    ASSERT_EQ(probe.exit_code, 0) << probe.error;  // parts need not be named
    fs::remove_all(run_folder("probe"));
  }
  /// One process that computes each step in two parts.
  static const std::string& one_process() {
    static const std::string bytes = [] {
      const ProcessResult result = run(train_command("one", {"--micro-batches", "2"}));
      EXPECT_EQ(result.exit_code, 0) << result.error;
      return exported("one");
    }();
    return bytes;
  }
  static constexpr double kFloatError = 2e-3;  // of sums in another order, after 24 steps
};

TEST_F(ParallelTrain, TwoWorkersGiveTheWeightsOfOneWithTheSameParts) {
  const ProcessResult result = run(train_command("two", {"--nproc", "2", "--micro-batches", "2"}));
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.error.find("2 workers"), std::string::npos) << result.error;
  EXPECT_EQ(epochs_in_history("two"), 4U);
  EXPECT_LT(weight_difference(exported("two"), one_process()), kFloatError);
  EXPECT_GT(weight_difference(undisturbed(), one_process()),
            kFloatError);  // the bound tells other runs apart
}

TEST_F(ParallelTrain, TwoWorkersClimbToTheSameWorstPoint) {
  ASSERT_EQ(
      run(train_command("sharp-one", {"--micro-batches", "2", "--sam-radius", "0.05"})).exit_code,
      0);
  ASSERT_EQ(run(train_command("sharp-two",
                              {"--nproc", "2", "--micro-batches", "2", "--sam-radius", "0.05"}))
                .exit_code,
            0);
  EXPECT_LT(weight_difference(exported("sharp-two"), exported("sharp-one")), kFloatError);
  EXPECT_GT(weight_difference(exported("sharp-two"), one_process()), kFloatError);
}

TEST_F(ParallelTrain, KilledWorkerEndsTheRunAndOneAloneGoesOn) {
  Process process(train_command("orphan", {"--nproc", "2", "--micro-batches", "2"}));
  while (process.running() && !fs::exists(run_folder("orphan") / "last.ckpt"))
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  const std::string children = "/proc/" + std::to_string(process.id()) + "/task/" +
                               std::to_string(process.id()) + "/children";
  std::ifstream pids(children);
  pid_t first = 0, second = 0;
  ASSERT_TRUE(pids >> first >> second) << "the workers are not there";
  ::kill(second, SIGKILL);
  const ProcessResult result = process.wait();
  EXPECT_NE(result.exit_code, 0);
  EXPECT_NE(result.error.find("worker 1 of 2 ended with signal 9"), std::string::npos)
      << result.error;
  EXPECT_NE(result.error.find("lost connection"), std::string::npos) << result.error;
  ASSERT_LT(epochs_in_history("orphan"), 4U) << "the run had ended already";
  const ProcessResult rest = resume("orphan");
  ASSERT_EQ(rest.exit_code, 0) << rest.error;
  EXPECT_LT(weight_difference(exported("orphan"), one_process()), kFloatError);
}

TEST_F(ParallelTrain, EnvironmentIsChecked) {
  Command command = train_command("environment");
  command.environment["WORLD_SIZE"] = "2";
  ProcessResult result = run(command);
  EXPECT_EQ(result.exit_code, 2) << result.error;
  EXPECT_NE(result.error.find("RANK is not"), std::string::npos) << result.error;
  command.environment["RANK"] = "7";
  result = run(command);
  EXPECT_EQ(result.exit_code, 2) << result.error;
  EXPECT_NE(result.error.find("RANK: '7'"), std::string::npos) << result.error;
}

TEST_F(Train, TuneSearchesAndItsBestRecipeTrains) {
  const fs::path space = *folder_ / "space.toml", search = *folder_ / "search";
  base::write_file(
      space,
      std::string_view(
          "[space]\nlearning-rate = \"0.001 to 0.05, log\"\nfilters1 = \"4 to 16, whole\"\n"));
  Command command = mien_command(
      {"tune",  "--space",     space,      "--method",    "hyperband",    "--data",    data(),
       "--out", search,        "--epochs", "3",           "--batch-size", "32",        "--warmup",
       "0",     "--ema-decay", "0.9",      "--precision", "f32",          "--threads", "1"});
  command.timeout = std::chrono::seconds(300);
  ProcessResult result = run(command);
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.out.find("best: trial "), std::string::npos) << result.out;
  const std::string log = base::read_text(search / "trials.jsonl");
  EXPECT_EQ(std::count(log.begin(), log.end(), '\n'), 6);  // of R = 3: 3 for 1 and 1 for 3; 2 for 3
  if (fs::exists("/usr/bin/gnuplot")) {
    EXPECT_NE(base::read_text(search / "trials.svg").find("learning-rate"), std::string::npos);
  }

  result = run(command);  // all is done: nothing is trained again
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_EQ(result.error.find("training "), std::string::npos) << result.error;

  Command other = command;  // what does not vary is another thing: the scores there are not of it
  other.arguments.insert(other.arguments.end(), {"--batch-size", "16"});
  result = run(other);
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_TRUE(mentions(result.error, {"base.toml: ", "'batch-size = 32'", "'batch-size = 16'"}));
  EXPECT_EQ(base::read_text(search / "trials.jsonl"), log);

  Command winner = mien_command(
      {"train", "--recipe", search / "best.toml", "--epochs", "1", "--out", run_folder("winner")});
  winner.timeout = std::chrono::seconds(300);
  result = run(winner);
  EXPECT_EQ(result.exit_code, 0) << result.error;
}

TEST_F(Train, FoldsWriteWhatEachNetworkSaysOfItsPart) {
  const Words few = {"--folds", "2", "--epochs", "2"};
  Words first = few;
  first.insert(first.end(), {"--learning-rate", "0.03"});
  const ProcessResult result = run(train_command("folds", first));
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_NE(result.error.find("without fold 2 of 2"), std::string::npos) << result.error;
  const datasets::FloatTable table = datasets::read_float_table(run_folder("folds") / "oof.npy");
  EXPECT_EQ(table.columns, 7U);
  ASSERT_EQ(table.rows(), datasets::read_packed(data()).size());
  for (std::size_t i = 0; i < table.rows(); ++i)
    EXPECT_NEAR(std::accumulate(table.row(i).begin(), table.row(i).end(), 0.0), 1, 1e-4) << i;
  // Gone on with, nothing is trained again and the same comes out.
  Words again = few;
  again.push_back("--resume");
  EXPECT_EQ(run(train_command("folds", again)).exit_code, 0);
  EXPECT_EQ(datasets::read_float_table(run_folder("folds") / "oof.npy").values, table.values);
  // What is missing is trained with the settings of the others.
  std::filesystem::remove_all(run_folder("folds") / "fold-2");
  EXPECT_EQ(run(train_command("folds", again)).exit_code, 0);
  EXPECT_EQ(datasets::read_float_table(run_folder("folds") / "oof.npy").values, table.values);
  EXPECT_EQ(run(train_command("folds-none", {"--folds", "1"})).exit_code, 2);
  // Neither other settings for some, nor networks that are not trained to the end.
  base::write_file(*folder_ / "folds.toml", "[train]\nlearning-rate = 0.01\n");
  Words with_recipe = again;
  with_recipe.insert(with_recipe.end(), {"--recipe", *folder_ / "folds.toml"});
  EXPECT_EQ(run(train_command("folds", with_recipe)).exit_code, 2);
  EXPECT_EQ(run(train_command("folds-stopped", {"--folds", "2", "--stop-after", "1"})).exit_code,
            2);
}

TEST_F(Train, ADivergedRunIsNoUsageError) {
  const ProcessResult result = run(
      train_command("diverged", {"--learning-rate", "10", "--momentum", "0.99", "--epochs", "20"}));
  EXPECT_EQ(result.exit_code, 1) << result.error;
  EXPECT_TRUE(mentions(result.error, {"--learning-rate"}));
}

TEST_F(Train, ListsChangeTheTrainingImagesAlone) {
  // Rows 0 to 111 are Training, 112 the first of PublicTest.
  base::write_file(*folder_ / "drop.csv", "row\n3\n5\n112\n");
  base::write_file(*folder_ / "relabel.csv", "row,emotion\n0,sad\n");
  const ProcessResult result =
      run(train_command("lists", {"--epochs", "1", "--drop", *folder_ / "drop.csv", "--relabel",
                                  *folder_ / "relabel.csv"}));
  ASSERT_EQ(result.exit_code, 0) << result.error;
  EXPECT_TRUE(mentions(result.error, {"110 ", "2 dropped", "1 relabel"}));
  const ProcessResult missing =
      run(train_command("lists-missing", {"--drop", *folder_ / "none.csv"}));
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_NE(missing.error.find("none.csv"), std::string::npos) << missing.error;
}

TEST_F(Train, SummaryIsTheTableOfTheNetwork) {
  const ProcessResult result = mien({"train", "--summary", "reference"});
  EXPECT_EQ(result.exit_code, 0) << result.error;
  expect_golden("summary_reference.txt", result.out);
  EXPECT_NE(result.out.find("2,240,063"), std::string::npos);
  base::write_file(*folder_ / "narrow.toml", "[train]\nfilters1 = 8\n");
  const ProcessResult narrow = mien({"train", "--summary", "reference", "--recipe",
                                     *folder_ / "narrow.toml", "--first-kernel", "3"});
  EXPECT_NE(narrow.out.find("Conv 3x3           8x48x48                80        165,888"),
            std::string::npos)
      << narrow.out;
}

TEST_F(Train, MistakesAreNamed) {
  const fs::path recipe = *folder_ / "recipe.toml";
  const auto expect = [](const Words& words, int code,
                         std::initializer_list<std::string_view> parts) {
    const ProcessResult result = mien(words);
    EXPECT_EQ(result.exit_code, code);
    EXPECT_TRUE(result.error.starts_with("mien-train: ")) << result.error;
    EXPECT_TRUE(mentions(result.error, parts));
  };
  base::write_file(recipe, "[train]\nbatch-size = 32\nepoch = 3\n");
  expect({"train", "--recipe", recipe, "--out", *folder_ / "x"}, 2,
         {recipe.string() + ":3: ", "unknown", "'epoch'", "'epochs'"});
  base::write_file(recipe, "epochs = \"many\"\n");
  expect({"train", "--recipe", recipe, "--out", *folder_ / "x"}, 2,
         {recipe.string() + ":1: ", "epochs"});
  expect({"train", "--epoch", "3"}, 2, {"unknown", "'--epoch'", "'--epochs'"});
  expect({"train", "--data", data()}, 2, {"--out"});
  expect({"train", "--data", "/nowhere.csv", "--out", *folder_ / "x"}, 1, {"/nowhere.csv: "});
  expect({"train", "--resume", "--out", *folder_ / "x"}, 1, {(*folder_ / "x").string()});
  expect({"train", "--network", "vgg16", "--initial-size", "24", "--data", data(), "--out",
          *folder_ / "x"},
         2, {"24"});
  expect({"export", "/nowhere.ckpt", "-o", *folder_ / "x.onnx"}, 1, {"/nowhere.ckpt"});
  expect({"export", data(), "-o", *folder_ / "x.onnx"}, 1, {data().string()});
  EXPECT_FALSE(fs::exists(*folder_ / "x.onnx"));
}

TEST(TrainMissing, SaysHowToInstallIt) {
  const TemporaryDir folder;
  fs::copy_file(kMien, folder / "mien");
  for (const std::string name : {"train", "export"}) {
    const ProcessResult result = run({.program = folder / "mien",
                                      .arguments = {name},
                                      .environment = {{"PATH", folder.path()}}});
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_TRUE(mentions(result.error, {"'" + name + "'", "mien-train", "make train"}));
  }
}

}  // namespace
}  // namespace mien::test
