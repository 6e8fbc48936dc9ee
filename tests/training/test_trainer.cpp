#include "training/trainer.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "base/softmax.hpp"
#include "mentions.hpp"
#include "mien/error.hpp"
#include "model/classifier.hpp"
#include "model/heads.hpp"
#include "support.hpp"
#include "synthetic_faces.hpp"
#include "training/autocast.hpp"
#include "training/export.hpp"
#include "training/optimizer.hpp"
#include "training/targets.hpp"
#include "training/teachers.hpp"

namespace mien::training {
namespace {

class Quiet : public TrainObserver {
 public:
  void on_start(const RunState& state, const std::string&) override {
    summary = state.data_summary;
  }
  void on_batch(int, int, int, double now) override {
    ++batches;
    if (loss == 0) loss = now;
  }
  void on_epoch(const EpochRecord&, const std::string&) override {}
  bool should_stop() override { return stop_at > 0 && batches >= stop_at; }

  std::string summary;
  int batches = 0;
  int stop_at = 0;
  double loss = 0;  // of the first step
};

class TrainerTest : public testing::Test {
 protected:
  TrainerTest() {
    datasets::write_packed(folder_ / "faces.npy", test::synthetic_faces(24));
    run_.settings.data = folder_ / "faces.npy";
    run_.settings.epochs = 4;
    run_.settings.batch_size = 32;
    run_.settings.learning_rate = 0.01;
    run_.settings.warmup = 0;
    run_.settings.ema_decay = 0.9;
    run_.settings.precision = "f32";
    run_.settings.shift = 0;  // the stripes' place is all there is to learn
    run_.settings.rotate = 0;
    run_.settings.scale = 0;
    run_.out = folder_ / "run";
  }

  static std::vector<torch::Tensor> averaged_tensors(const std::filesystem::path& path) {
    Checkpoint checkpoint(path);
    Network network(checkpoint.state().settings.network_spec());
    checkpoint.load_averaged(network);
    std::vector<torch::Tensor> tensors = network->parameters();
    for (const torch::Tensor& buffer : network->buffers()) tensors.push_back(buffer);
    return tensors;
  }

  static void expect_equal(const std::filesystem::path& a, const std::filesystem::path& b) {
    const auto x = averaged_tensors(a), y = averaged_tensors(b);
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i)
      EXPECT_TRUE(torch::equal(x[i], y[i])) << "tensor " << i;
  }

  test::TemporaryDir folder_;
  TrainRun run_;
  Quiet observer_;
};

TEST_F(TrainerTest, LearnsAndWritesItsFiles) {
  const RunState state = train(run_, Start::kFresh, observer_);
  ASSERT_EQ(state.history.size(), 4U);
  EXPECT_GT(state.best_score, 0.8);  // chance is 1/7
  EXPECT_LT(state.history.back().train_loss, state.history.front().train_loss);
  for (const char* name : {"last.ckpt", "best.ckpt", "history.csv"}) {
    EXPECT_TRUE(std::filesystem::exists(run_.out / name)) << name;
  }
}

TEST_F(TrainerTest, ResumedRunEqualsUninterruptedOne) {
  train(run_, Start::kFresh, observer_);
  TrainRun halves = run_;
  halves.out = folder_ / "halves";
  halves.stop_after = 2;
  train(halves, Start::kFresh, observer_);
  halves.stop_after = 0;
  train(halves, Start::kResume, observer_);
  expect_equal(run_.out / "last.ckpt", halves.out / "last.ckpt");
  expect_equal(run_.out / "best.ckpt", halves.out / "best.ckpt");
}

TEST_F(TrainerTest, StopInAnEpochKeepsTheLastWholeOne) {
  observer_.stop_at = 8;  // 168 images are 6 batches an epoch: in the second
  EXPECT_THROW(train(run_, Start::kFresh, observer_), Error);
  EXPECT_EQ(Checkpoint(run_.out / "last.ckpt").state().epoch, 1);
  observer_.stop_at = 0;
  train(run_, Start::kResume, observer_);
  TrainRun whole = run_;
  whole.out = folder_ / "whole";
  train(whole, Start::kFresh, observer_);
  expect_equal(run_.out / "last.ckpt", whole.out / "last.ckpt");
}

TEST_F(TrainerTest, DropsTrainingImagesThatLeak) {
  datasets::Dataset dataset = test::synthetic_faces(24);
  datasets::Sample copy = dataset.back();
  ASSERT_EQ(copy.split, datasets::Split::kPrivateTest);
  copy.split = datasets::Split::kTraining;
  dataset.push_back(copy);
  datasets::write_packed(run_.settings.data, dataset);
  run_.settings.epochs = 1;
  train(run_, Start::kFresh, observer_);
  EXPECT_EQ(observer_.summary, "168 training images (dropped 1 that equal a test image)");
}

TEST_F(TrainerTest, CountsTheImagesThatItTrainsOn) {
  datasets::Dataset dataset = test::synthetic_faces(24);
  for (const int emotion : {7, -1}) {  // contempt, and no label
    dataset.push_back(dataset.front());
    dataset.back().emotion = static_cast<std::int8_t>(emotion);
  }
  datasets::write_packed(run_.settings.data, dataset);
  run_.settings.epochs = 1;
  run_.settings.batch_size = 167;  // the one image that is left joins them
  train(run_, Start::kFresh, observer_);
  EXPECT_EQ(
      observer_.summary,
      "168 training images (dropped 0 that equal a test image), ignored 2 of contempt or without "
      "a label");
  EXPECT_EQ(observer_.batches, 1);
}

TEST_F(TrainerTest, TheLossShownIsThatOfAImageHoweverManyPartsAStepHas) {
  run_.settings.epochs = 1;
  train(run_, Start::kFresh, observer_);
  Quiet in_parts;
  run_.out = folder_ / "parts";
  run_.settings.micro_batches = 4;
  train(run_, Start::kFresh, in_parts);
  EXPECT_GT(in_parts.loss, observer_.loss / 2);
  EXPECT_LT(in_parts.loss, observer_.loss * 2);
}

TEST_F(TrainerTest, RefusesWhatCannotBe) {
  run_.settings.epochs = 1;
  train(run_, Start::kFresh, observer_);
  EXPECT_THROW(train(run_, Start::kFresh, observer_), Error);  // would overwrite a run
  TrainRun other = run_;
  datasets::write_packed(folder_ / "other.npy", test::synthetic_faces(24, 2));
  other.settings.data = folder_ / "other.npy";
  EXPECT_THROW(train(other, Start::kResume, observer_), Error);  // other data
  run_.settings.data = folder_ / "missing.npy";
  run_.out = folder_ / "new";
  EXPECT_THROW(train(run_, Start::kFresh, observer_), Error);
  base::write_file(folder_ / "run/last.ckpt", std::string_view("no checkpoint"));
  EXPECT_THROW(Checkpoint(folder_ / "run/last.ckpt"), Error);
}

TEST_F(TrainerTest, CheckpointsThatCanContainCodeAreRefused) {
  base::write_file(folder_ / "old.ckpt", std::string_view("PK\x03\x04 an archive of LibTorch"));
  try {
    Checkpoint checkpoint(folder_ / "old.ckpt");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_TRUE(test::mentions(error.what(), {"old.ckpt", "convert"}));
  }
}

TEST_F(TrainerTest, CheckpointsKeepTheirState) {
  run_.settings.epochs = 1;
  run_.settings.optimizer = "adamw";
  const RunState state = train(run_, Start::kFresh, observer_);
  const Checkpoint checkpoint(run_.out / "last.ckpt");
  EXPECT_EQ(checkpoint.state().epoch, 1);
  EXPECT_EQ(checkpoint.state().data_hash, state.data_hash);
  EXPECT_EQ(checkpoint.state().best_score, state.best_score);
  EXPECT_EQ(checkpoint.state().history.size(), 1U);
  Network network(checkpoint.state().settings.network_spec());
  TrainSettings sgd = checkpoint.state().settings;
  sgd.optimizer = "sgd";
  const auto other = make_optimizer(network, sgd), same = make_optimizer(network, run_.settings);
  EXPECT_THROW(checkpoint.load_optimizer(*other), Error);
  EXPECT_THROW(Checkpoint(run_.out / "best.ckpt").load_optimizer(*same), Error);
  checkpoint.load_optimizer(*same);
  EXPECT_EQ(same->state().size(), network->parameters().size());
}

TEST_F(TrainerTest, ADivergedRunIsNoUsageError) {
  run_.settings.learning_rate = 1e9;
  try {
    train(run_, Start::kFresh, observer_);
    FAIL();
  } catch (const Diverged& error) {
    EXPECT_NE(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_TRUE(test::mentions(error.what(), {"infinite", "--learning-rate"}));
  }
}

TEST_F(TrainerTest, OneFolderHasOneTraining) {
  struct Nested : Quiet {
    explicit Nested(TrainRun run) : run(std::move(run)) {}
    void on_batch(int, int, int, double) override {
      if (refused) return;
      Quiet other;
      try {
        train(run, Start::kResume, other);
      } catch (const Error& error) {
        refused = test::mentions(error.what(), {"another training"});
      }
    }
    TrainRun run;
    bool refused = false;
  } nested(run_);
  run_.settings.epochs = 1;
  train(run_, Start::kFresh, nested);
  EXPECT_TRUE(nested.refused);
}

TEST_F(TrainerTest, AShareOfTheTrainingImagesValidates) {
  datasets::Dataset dataset = test::synthetic_faces(24);
  std::erase_if(dataset, [](auto& sample) { return sample.split == datasets::Split::kPublicTest; });
  datasets::write_packed(run_.settings.data, dataset);
  run_.settings.epochs = 1;
  EXPECT_THROW(train(run_, Start::kFresh, observer_), Error);
  run_.settings.validation = 0.25;
  std::string summary;
  std::size_t validation = 0;
  for (const datasets::Sample& sample : load_training_data(run_.settings, {}, &summary))
    validation += sample.split == datasets::Split::kPublicTest ? 1 : 0;
  EXPECT_GT(validation, 168U / 8);
  EXPECT_LT(validation, 168U * 3 / 8);
  run_.out = folder_ / "validated";
  train(run_, Start::kFresh, observer_);
}

TEST_F(TrainerTest, VotesMixIntoTheTarget) {
  run_.settings.vote_weight = 0.5;
  EXPECT_THROW(train(run_, Start::kFresh, observer_), Error);  // the data have no votes
  datasets::Dataset dataset = test::synthetic_faces(24);
  // Everybody votes "happiness", whatever the label says: with votes alone the network learns to
  // say so.
  for (datasets::Sample& sample : dataset)
    sample.votes[static_cast<std::size_t>(datasets::Vote::kHappiness)] = 10;
  datasets::write_packed(run_.settings.data, dataset);
  run_.settings.vote_weight = 1;
  run_.out = folder_ / "votes";
  const RunState state = train(run_, Start::kFresh, observer_);
  EXPECT_NEAR(state.history.back().valid_accuracy, 1.0 / 7, 1e-6);
}

TEST_F(TrainerTest, FerPlusHeadLearnsTheVotes) {
  datasets::Dataset dataset = test::synthetic_faces(24);
  // The people see contempt where the label says angry, and else what it says.
  constexpr datasets::Vote kVoteOfLabel[] = {datasets::Vote::kContempt, datasets::Vote::kDisgust,
                                             datasets::Vote::kFear,     datasets::Vote::kHappiness,
                                             datasets::Vote::kSadness,  datasets::Vote::kSurprise,
                                             datasets::Vote::kNeutral};
  for (datasets::Sample& sample : dataset)
    sample.votes[static_cast<std::size_t>(kVoteOfLabel[sample.emotion])] = 10;
  datasets::write_packed(run_.settings.data, dataset);
  run_.settings.ferplus_weight = 1;
  const RunState state = train(run_, Start::kFresh, observer_);
  EXPECT_GT(state.history.back().valid_accuracy, 0.8);
  EXPECT_GT(state.history.back().valid_ferplus_accuracy, 0.8);  // chance is 1/7

  const model::Model model = export_checkpoints({run_.out / "best.ckpt"}, {}, "ferplus");
  EXPECT_EQ(model::head_names(model), (std::vector<std::string>{"ferplus", "fer2013"}));
  const model::ClassifierInfo info = model::read_classifier_info(model);
  EXPECT_EQ(info.labels.back(), "contempt");
  EXPECT_EQ(info.other_heads.at("fer2013").labels.size(), 7U);
}

TEST_F(TrainerTest, SeveralCheckpointsBecomeTheirMean) {
  run_.settings.epochs = 1;
  std::vector<std::filesystem::path> paths;
  for (const int seed : {1, 2, 3}) {
    run_.settings.seed = static_cast<std::uint64_t>(seed);
    run_.out = folder_ / std::to_string(seed);
    train(run_, Start::kFresh, observer_);
    paths.push_back(run_.out / "last.ckpt");
  }
  const model::Model mean = export_checkpoints(paths, {});
  std::vector<model::Model> parts;
  for (const std::filesystem::path& path : paths) parts.push_back(export_checkpoints({path}, {}));
  int compared = 0;
  for (std::size_t t = 0; t < mean.initializers.size(); ++t) {
    if (mean.initializers[t].shape.size() != 2)
      continue;  // dense layers, into which no batch norm is folded
    const auto got = mean.initializers[t].values<float>();
    for (std::size_t i = 0; i < got.size(); i += 101, ++compared) {
      float sum = 0;
      for (const model::Model& part : parts) sum += part.initializers[t].values<float>()[i];
      ASSERT_NEAR(got[i], sum / 3, 1e-6) << mean.initializers[t].name;
    }
  }
  EXPECT_GT(compared, 1000);
  EXPECT_EQ(model::read_classifier_info(mean).provenance.at("training.mean_of"),
            "epoch 1 of seed 1, epoch 1 of seed 2, epoch 1 of seed 3");
  EXPECT_FALSE(model::read_classifier_info(mean).provenance.contains(
      "scores.public_test"));  // of another network

  run_.settings.dense = 64;
  run_.out = folder_ / "narrow";
  train(run_, Start::kFresh, observer_);
  for (const auto& order : {std::vector{paths[0], run_.out / "last.ckpt"},
                            std::vector{run_.out / "last.ckpt", paths[0]}}) {
    EXPECT_THROW(export_checkpoints(order, {}), Error);  // of another network
  }

  datasets::write_packed(folder_ / "more.npy", test::synthetic_faces(25));
  run_.settings.data = folder_ / "more.npy";
  run_.out = folder_ / "more";
  train(run_, Start::kFresh, observer_);
  EXPECT_THROW(export_checkpoints({paths[0], run_.out / "last.ckpt"}, {}), Error);
  EXPECT_THROW(export_checkpoints({}, {}), Error);
}

TEST_F(TrainerTest, StudentLearnsWhatItsTeachersSay) {
  run_.settings.epochs = 10;
  run_.settings.threads = 1;
  train(run_, Start::kFresh, observer_);
  // The student's own labels are all wrong: what it knows it has from the teacher.
  datasets::Dataset dataset = test::synthetic_faces(24);
  for (datasets::Sample& sample : dataset) {
    if (sample.split == datasets::Split::kTraining)
      sample.emotion = static_cast<std::int8_t>((sample.emotion + 1) % kEmotionCount);
  }
  datasets::write_packed(folder_ / "wrong.npy", dataset);
  TrainRun student = run_;
  student.settings.data = folder_ / "wrong.npy";
  student.settings.teachers = folder_ / "run" / "best.ckpt";
  student.settings.teacher_weight = 1;
  student.out = folder_ / "student";
  EXPECT_GT(train(student, Start::kFresh, observer_).best_score, 0.6);  // chance is 1/7
  student.settings.teacher_weight = 0;
  student.out = folder_ / "pupil";  // an early epoch may still be right by chance
  EXPECT_LT(train(student, Start::kFresh, observer_).history.back().valid_accuracy, 0.3);

  student.settings.ferplus_weight = 1;  // a head that the teacher has not
  student.out = folder_ / "other";
  EXPECT_THROW(train(student, Start::kFresh, observer_), Error);
  student.settings.ferplus_weight = 0;
  student.settings.teachers = folder_ / "nobody.ckpt";
  EXPECT_THROW(train(student, Start::kFresh, observer_), Error);
}

TEST_F(TrainerTest, BeginsWithTheWeightsOfACheckpoint) {
  train(run_, Start::kFresh, observer_);
  TrainRun next = run_;
  next.settings.from = run_.out / "last.ckpt";
  next.settings.seed = 9;
  next.settings.epochs = 1;
  next.settings.learning_rate =
      0;  // the weights stay where they begin; batch norm's statistics do not
  next.out = folder_ / "next";
  EXPECT_GT(train(next, Start::kFresh, observer_).best_score, 0.8);  // chance is 1/7
  const auto from = averaged_tensors(run_.out / "last.ckpt"),
             weights = averaged_tensors(next.out / "last.ckpt");
  const std::size_t parameters = Network(next.settings.network_spec())->parameters().size();
  for (std::size_t i = 0; i < parameters; ++i)
    EXPECT_TRUE(torch::allclose(from[i], weights[i], 1e-6)) << "tensor " << i;

  // What was begun goes on without the file.
  std::filesystem::remove(run_.out / "last.ckpt");
  next.settings.epochs = 2;
  train(next, Start::kResume, observer_);
  next.out = folder_ / "nothing";
  EXPECT_THROW(train(next, Start::kFresh, observer_), Error);
  next.settings.from = run_.out / "best.ckpt";
  next.settings.dense = 64;  // not that network
  EXPECT_THROW(train(next, Start::kFresh, observer_), Error);
}

TEST_F(TrainerTest, AutoPrecisionIsSettledAtTheStart) {
  run_.settings.precision = "auto";
  run_.settings.epochs = 1;
  const std::string expected = has_bf16(torch::kCPU) ? "bf16" : "f32";
  EXPECT_EQ(train(run_, Start::kFresh, observer_).settings.precision, expected);
  EXPECT_EQ(Checkpoint(run_.out / "last.ckpt").state().settings.precision, expected);
}

TEST_F(TrainerTest, BeginsWithAModelFile) {
  run_.settings.norm = "conv";  // folded in the file
  run_.settings.epochs = 6;
  EXPECT_GT(train(run_, Start::kFresh, observer_).best_score, 0.8);  // chance is 1/7
  model::write_onnx(export_checkpoints({run_.out / "last.ckpt"}, {}), folder_ / "model.onnx");
  TrainRun next = run_;
  datasets::Dataset darker = test::synthetic_faces(20);
  for (datasets::Sample& sample : darker) {
    for (std::uint8_t& pixel : sample.pixels) pixel = static_cast<std::uint8_t>(pixel * 9 / 10);
  }
  datasets::write_packed(folder_ / "darker.npy", darker);
  next.settings.data = folder_ / "darker.npy";
  next.settings.from = folder_ / "model.onnx";
  next.settings.epochs = 1;
  next.settings.learning_rate = 0;
  next.out = folder_ / "next";
  EXPECT_GT(train(next, Start::kFresh, observer_).best_score, 0.8);
  const Checkpoint first(run_.out / "last.ckpt"), second(next.out / "last.ckpt");
  EXPECT_EQ(first.state().pixel_mean,
            second.state().pixel_mean);  // the scale for which the weights were made
  EXPECT_EQ(first.state().pixel_std, second.state().pixel_std);
  const auto start = averaged_tensors(next.out / "start.ckpt"),
             end = averaged_tensors(next.out / "last.ckpt");
  const std::size_t parameters = Network(next.settings.network_spec())->parameters().size();
  for (std::size_t i = 0; i < parameters; ++i)
    EXPECT_TRUE(torch::allclose(start[i], end[i], 1e-6)) << "tensor " << i;
}

TEST_F(TrainerTest, TeachersSeeImagesInTheirOwnScale) {
  const torch::NoGradGuard no_grad;
  Network network(run_.settings.network_spec());
  save_checkpoint(folder_ / "teacher.ckpt",
                  {.settings = run_.settings, .pixel_mean = 100, .pixel_std = 50}, network, network,
                  nullptr);
  TrainSettings settings = run_.settings;
  settings.teachers = folder_ / "teacher.ckpt";
  const torch::Tensor gray = torch::rand({3, 1, 48, 48}) * 255;
  network->eval();
  const torch::Tensor expected = network->forward((gray - 100) / 50).softmax(1);
  EXPECT_TRUE(torch::allclose(Teachers(settings, torch::kCPU).predict((gray - 130) / 65, 130, 65),
                              expected, 1e-4, 1e-5));
}

TEST_F(TrainerTest, SharpnessStepsFromTheWorstPointNearBy) {
  run_.settings.sam_radius = 0.02;
  run_.settings.threads = 1;
  const RunState state = train(run_, Start::kFresh, observer_);
  EXPECT_GT(state.best_score, 0.6);  // chance is 1/7
  TrainRun plain = run_;
  plain.settings.sam_radius = 0;
  plain.out = folder_ / "plain";
  train(plain, Start::kFresh, observer_);
  EXPECT_FALSE(torch::equal(averaged_tensors(run_.out / "last.ckpt")[0],
                            averaged_tensors(plain.out / "last.ckpt")[0]));
}

TEST_F(TrainerTest, APartOfTheImagesShowsTheWorstPoint) {
  run_.settings.sam_radius = 0.02;
  run_.settings.threads = 1;
  run_.settings.epochs = 2;
  const auto weights_with = [&](double part, const char* name) {
    TrainRun run = run_;
    run.settings.sam_fraction = part;
    run.out = folder_ / name;
    train(run, Start::kFresh, observer_);
    return averaged_tensors(run.out / "last.ckpt")[0];
  };
  const torch::Tensor whole = weights_with(1, "whole"), quarter = weights_with(0.25, "quarter"),
                      none = weights_with(0, "none");
  EXPECT_TRUE(torch::equal(quarter, weights_with(0.25, "again")));
  EXPECT_FALSE(torch::equal(quarter, whole));
  EXPECT_FALSE(torch::equal(quarter, none));  // one image shows it
}

TEST(SamPerturbation, MovesByTheRadiusAlongTheGradientAndBack) {
  Network network(make_network_spec("reference", {}));
  const std::vector<torch::Tensor> weights = network->parameters();
  std::vector<torch::Tensor> before;
  for (const torch::Tensor& weight : weights) before.push_back(weight.detach().clone());
  weights[0].mutable_grad() = torch::full_like(weights[0], 3.0);  // the others have no gradient
  weights[1].mutable_grad() = torch::full_like(weights[1], -4.0);
  const double norm = std::sqrt(9.0 * static_cast<double>(weights[0].numel()) +
                                16.0 * static_cast<double>(weights[1].numel()));
  {
    const SamPerturbation perturbation(network, 0.1);
    EXPECT_TRUE(torch::allclose(weights[0], before[0] + 0.3 / norm, 0, 1e-6));
    EXPECT_TRUE(torch::allclose(weights[1], before[1] - 0.4 / norm, 0, 1e-6));
    EXPECT_TRUE(torch::equal(weights[2], before[2]));
  }
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_TRUE(torch::equal(weights[i], before[i])) << "tensor " << i;
}

TEST_F(TrainerTest, AResumedRunIsChosenFromByItsOwnMeasure) {
  run_.settings.epochs = 2;
  train(run_, Start::kFresh, observer_);
  run_.settings.epochs = 3;
  run_.settings.best_by = "macro_f1";
  const RunState state = train(run_, Start::kResume, observer_);
  double best = 0;
  for (const EpochRecord& record : state.history) best = std::max(best, record.valid_macro_f1);
  EXPECT_DOUBLE_EQ(state.best_score, best);
}

TEST(Optimizer, TakesDecayAndMomentumOfTheSettings) {
  Network network(make_network_spec("reference", {}));
  for (const char* name : {"sgd", "adamw"}) {
    TrainSettings settings;
    settings.optimizer = name;
    const auto optimizer = make_optimizer(network, settings);
    settings.weight_decay = 0.125;
    settings.momentum = 0;
    set_options(*optimizer, settings);
    const auto decay_of = [&](std::size_t group) {
      auto& options = optimizer->param_groups()[group].options();
      const auto* sgd = dynamic_cast<torch::optim::SGDOptions*>(&options);
      return sgd != nullptr ? sgd->weight_decay()
                            : dynamic_cast<torch::optim::AdamWOptions&>(options).weight_decay();
    };
    const auto* sgd =
        dynamic_cast<torch::optim::SGDOptions*>(&optimizer->param_groups()[0].options());
    EXPECT_EQ(sgd != nullptr ? sgd->momentum() : 0, 0);
    EXPECT_EQ(decay_of(0), 0.125) << name;
    EXPECT_EQ(decay_of(1), 0) << name;
  }
}

TEST_F(TrainerTest, SmallImagesFirst) {
  run_.settings.initial_size = 24;
  EXPECT_THROW(train(run_, Start::kFresh, observer_),
               Error);  // the reference network flattens: one size only
  run_.settings.network = "resnet";
  EXPECT_EQ(run_.settings.side_in(2), 24);  // half of four epochs
  EXPECT_EQ(run_.settings.side_in(3), 48);
  const RunState state = train(run_, Start::kFresh, observer_);
  EXPECT_GT(state.best_score, 0.5);  // chance is 1/7
}

TEST(HeadsLoss, IsTheSumOfWeightedCrossEntropies) {
  // Head a: base::softmax(0, ln 3) = 1/4, 3/4, target the second: ln(4/3). Head b: base::softmax(0,
  // 0, 0), any target: ln 3, of weight 1/2.
  const torch::Tensor logits = torch::tensor({{0.0F, std::log(3.0F), 0.0F, 0.0F, 0.0F}});
  const torch::Tensor targets = torch::tensor({{0.0F, 1.0F, 0.2F, 0.3F, 0.5F}});
  const torch::Tensor weights = torch::tensor({{1.0F, 0.5F}});
  const std::vector<HeadSpec> heads{{"a", 2}, {"b", 3}};
  EXPECT_NEAR(heads_loss(logits, targets, weights, heads, 0).item<double>(),
              std::log(4.0 / 3) + 0.5 * std::log(3.0), 1e-6);
  // Smoothing by 0.2: the target of a is (0.1, 0.9).
  EXPECT_NEAR(heads_loss(logits, targets, weights, heads, 0.2).item<double>(),
              0.1 * std::log(4.0) + 0.9 * std::log(4.0 / 3) + 0.5 * std::log(3.0), 1e-6);
}

}  // namespace
}  // namespace mien::training
