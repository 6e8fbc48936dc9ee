#include "training/trainer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <torch/torch.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <numeric>
#include <random>
#include <thread>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "metrics/confusion.hpp"
#include "mien/error.hpp"
#include "plots/history.hpp"
#include "training/augment.hpp"
#include "training/autocast.hpp"
#include "training/optimizer.hpp"
#include "training/pretrained.hpp"
#include "training/targets.hpp"
#include "training/teachers.hpp"
#include "training/training_data.hpp"
#include "training/workers.hpp"

namespace mien::training {
namespace {

using Clock = std::chrono::steady_clock;

/// A permutation that depends only on seed and epoch (Fisher-Yates; std::shuffle differs between
/// platforms).
torch::Tensor shuffled_order(std::int64_t n, std::uint64_t seed, int epoch) {
  std::mt19937_64 random(seed * 1000003 + static_cast<std::uint64_t>(epoch));
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  for (std::int64_t i = n - 1; i > 0; --i)
    std::swap(order[i], order[random() % static_cast<std::uint64_t>(i + 1)]);
  return torch::tensor(order, torch::kLong);
}

class Trainer {
 public:
  Trainer(const TrainRun& run, const Workers& workers, torch::Device device,
          TrainObserver& observer)
      : run_(run),
        workers_(workers),
        observer_(observer),
        settings_(run_.settings),
        device_(device),
        network_(make_network()),
        averaged_(make_network()),
        teachers_(settings_, device_) {
    if (settings_.micro_batches == 0) settings_.micro_batches = workers_.size();
    if (settings_.micro_batches < workers_.size() ||
        settings_.micro_batches > settings_.batch_size) {
      throw Error(ErrorCode::kInvalidArgument,
                  base::format("--micro-batches %d must be at least the number of workers, %d, and "
                               "at most --batch-size %d",
                               settings_.micro_batches, workers_.size(), settings_.batch_size));
    }
    state_.settings = settings_;
    const datasets::Dataset dataset =
        load_training_data(settings_, run_.left_out, &state_.data_summary);
    state_.data_hash = datasets::dataset_hash(dataset);
    training_ = to_samples(dataset, datasets::Split::kTraining, settings_, Use::kTraining, device_);
    validation_ =
        to_samples(dataset, datasets::Split::kPublicTest, settings_, Use::kValidation, device_);
    if (training_.labels.empty() || validation_.labels.empty()) {
      throw Error(
          ErrorCode::kInvalidArgument,
          settings_.data +
              ": needs labeled Training and PublicTest images (in folders: train/ and val/)");
    }
    double sum = 0, squares = 0;
    for (const datasets::Sample& sample : dataset) {
      if (sample.split != datasets::Split::kTraining || !has_label(sample)) continue;
      for (const std::uint8_t pixel : sample.pixels)
        sum += pixel, squares += static_cast<double>(pixel) * pixel;
    }
    const double pixels = static_cast<double>(training_.labels.size()) * datasets::kFacePixels;
    state_.pixel_mean = std::round(sum / pixels * 100) / 100;
    state_.pixel_std =
        std::round(std::sqrt(squares / pixels - sum / pixels * (sum / pixels)) * 100) / 100;
    optimizer_ = make_optimizer(network_, settings_);
    update_average(averaged_, network_, 0);
  }

  void begin_from(const std::filesystem::path& path) {
    Pretrained file(path);
    file.fill(network_);
    state_.pixel_mean = file.pixel_mean();
    state_.pixel_std = file.pixel_std();
    if (file.has_folded_norms()) {
      // The same images in every worker, enough for stable statistics.
      constexpr std::int64_t kImages = 256;
      const std::int64_t n = training_.pixels.size(0);
      const torch::Tensor chosen =
          shuffled_order(n, 0, 0).slice(0, 0, std::min(n, kImages)).to(device_);
      network_->eval();
      network_->unfold_norms(normalized(training_.pixels.index_select(0, chosen))
                                 .contiguous(torch::MemoryFormat::ChannelsLast));
    }
    update_average(averaged_, network_, 0);
    if (workers_.leads())
      save_checkpoint(run_.out / "start.ckpt", state_, network_, averaged_, nullptr);
  }

  void resume(const std::filesystem::path& path) {
    const Checkpoint checkpoint(path);
    RunState state = checkpoint.state();
    if (state.data_hash != state_.data_hash) {
      throw Error(ErrorCode::kInvalidArgument,
                  path.string() + ": was trained on different data than " + settings_.data +
                      "; use the same --data, --votes, --drop and --relabel");
    }
    checkpoint.load_network(network_);
    checkpoint.load_averaged(averaged_);
    checkpoint.load_optimizer(*optimizer_);
    set_options(*optimizer_, settings_);
    if (state.settings.best_by != settings_.best_by) {
      state.best_score = -1;
      for (const EpochRecord& record : state.history)
        state.best_score = std::max(state.best_score, score_of(record));
    }
    state.settings = settings_;
    state_ = std::move(state);
  }

  RunState run() {
    workers_.broadcast(network_->parameters());
    workers_.broadcast(averaged_->parameters());
    if (workers_.leads())
      observer_.on_start(
          state_, device_.str() +
                      (workers_.size() > 1 ? base::format(", %d workers", workers_.size()) : ""));
    const int last =
        run_.stop_after > 0 ? std::min(run_.stop_after, settings_.epochs) : settings_.epochs;
    while (state_.epoch < last) {
      const EpochRecord record = run_epoch(state_.epoch + 1);
      state_.history.push_back(record);
      state_.epoch = record.epoch;
      if (!workers_.leads()) continue;
      const double score = score_of(record);
      const bool best = score > state_.best_score;
      if (best) {
        state_.best_score = score;
        save_checkpoint(run_.out / "best.ckpt", state_, network_, averaged_, nullptr);
      }
      save_checkpoint(run_.out / "last.ckpt", state_, network_, averaged_, optimizer_.get());
      base::write_file(run_.out / "history.csv", history_to_csv(state_.history));
      write_curves();
      observer_.on_epoch(record, best ? "best" : "");
    }
    return state_;
  }

 private:
  Network make_network() {
    torch::manual_seed(settings_.seed);
    Network network(settings_.network_spec());
    network->to(device_);
    for (torch::Tensor& parameter : network->parameters()) {
      if (parameter.dim() == 4) parameter.set_data(parameter.to(torch::MemoryFormat::ChannelsLast));
    }
    return network;
  }

  /// Draws curves.svg if gnuplot is installed.
  void write_curves() const {
    plots::RunHistory history = plots::parse_history(history_to_csv(state_.history), "history");
    history.name = settings_.network;
    plots::write_svg_file(run_.out / "curves.svg", plots::training_figure(history));
  }

  /// The score that selects the best epoch.
  double score_of(const EpochRecord& record) const {
    return settings_.best_by == "accuracy" ? record.valid_accuracy : record.valid_macro_f1;
  }

  torch::Tensor normalized(const torch::Tensor& bytes) const {
    return (bytes.to(torch::kFloat) - state_.pixel_mean) / state_.pixel_std;
  }

  torch::Tensor logits(Network& network, const torch::Tensor& input) {
    const Autocast autocast(device_, settings_.precision == "bf16");
    return network->forward(input.contiguous(torch::MemoryFormat::ChannelsLast)).to(torch::kFloat);
  }

  /// Predicted FER2013 class; the first head has FER2013's classes.
  static torch::Tensor predicted_class(const torch::Tensor& output) {
    return output.slice(1, 0, kEmotionCount).argmax(1);
  }

  struct EpochSums {
    torch::Tensor loss;       // []
    torch::Tensor confusion;  // [label, prediction]
  };
  EpochSums no_sums() const {
    return {torch::zeros({}, device_),
            torch::zeros({kEmotionCount, kEmotionCount}, torch::TensorOptions(device_))};
  }

  /// One optimizer step on the images `index`. Returns the loss every 16 steps, else NaN (reading
  /// it synchronizes with the GPU).
  double step(int epoch, int batch, const torch::Tensor& index, EpochSums& sums) {
    const torch::Tensor loss = settings_.sam_radius > 0
                                   ? sam_gradients(epoch, batch, index, sums)
                                   : compute_gradients(epoch, batch, index, sums);
    optimizer_->step();
    return batch % 16 == 0 && loss.defined() ? loss.item<double>() : std::nan("");
  }

  /// Computes the gradients of the loss on the images `index`, summed over micro-batches and
  /// workers. Batch norm sees one micro-batch at a time; its running statistics become the mean
  /// over micro-batches. Random numbers depend only on seed, epoch, step and micro-batch, so the
  /// number of workers changes only rounding. Returns the loss of this worker's last micro-batch.
  torch::Tensor compute_gradients(int epoch, int batch, const torch::Tensor& index,
                                  EpochSums& sums) {
    const std::int64_t n = index.size(0), micro_batch_size = (n + settings_.micro_batches - 1) /
                                                             settings_.micro_batches;
    const bool is_single = settings_.micro_batches == 1;
    std::vector<torch::Tensor> before, after;  // running statistics
    if (!is_single) {
      for (const torch::Tensor& buffer : network_->buffers()) {
        before.push_back(buffer.clone());
        after.push_back(torch::zeros_like(buffer, torch::kFloat));
      }
    }
    optimizer_->zero_grad();
    torch::Tensor loss_now;
    for (int part = workers_.rank(); part * micro_batch_size < n; part += workers_.size()) {
      const std::uint64_t seed =
          ((settings_.seed * 7919 + static_cast<std::uint64_t>(epoch)) * 1000003 +
           static_cast<std::uint64_t>(batch)) *
              1009 +
          static_cast<std::uint64_t>(part);
      torch::manual_seed(seed);
      torch::Generator generator = at::detail::createCPUGenerator(seed);
      const torch::Tensor chosen =
          index.slice(0, part * micro_batch_size, std::min((part + 1) * micro_batch_size, n));
      if (!is_single) restore(before);
      const torch::Tensor images = normalized(training_.pixels.index_select(0, chosen));
      const torch::Tensor input = augment(images, settings_.side_in(epoch), settings_, generator);
      torch::Tensor targets = training_.targets.index_select(0, chosen);
      if (!teachers_.empty()) {
        generator = at::detail::createCPUGenerator(seed);  // the same augmentation at full size
        targets = targets.lerp(
            teachers_.predict(augment(images, datasets::kFaceSize, settings_, generator),
                              state_.pixel_mean, state_.pixel_std),
            settings_.teacher_weight);
      }
      const torch::Tensor output = logits(network_, input);
      const torch::Tensor loss =
          heads_loss(output, targets, training_.weights.index_select(0, chosen),
                     network_->spec().heads, settings_.label_smoothing) *
          (static_cast<double>(chosen.size(0)) / static_cast<double>(n));
      loss.backward();
      for (std::size_t i = 0; i < after.size(); ++i) after[i] += network_->buffers()[i];
      sums.loss += loss.detach() * n;
      loss_now = loss.detach() * (static_cast<double>(n) / static_cast<double>(chosen.size(0)));
      const torch::Tensor cell = training_.label_tensor.index_select(0, chosen) * kEmotionCount +
                                 predicted_class(output.detach());
      sums.confusion.view(-1).index_add_(0, cell, torch::ones_like(cell, sums.confusion.options()));
    }
    if (!is_single) {
      add_missing_gradients();
      std::vector<torch::Tensor> gradients = after;
      for (const torch::Tensor& parameter : network_->parameters())
        gradients.push_back(parameter.grad());
      workers_.sum(gradients);
      const double count = static_cast<double>((n + micro_batch_size - 1) / micro_batch_size);
      for (torch::Tensor& statistic : after) statistic /= count;
      restore(after);
    }
    return loss_now;
  }

  /// The gradients of sharpness-aware minimization: at the perturbed weights. A fraction of the
  /// images determines the perturbation (Bahri, Mobahi and Tay 2022). Batch-norm statistics are
  /// those at the unperturbed weights, and so are the sums if the fraction is 1.
  torch::Tensor sam_gradients(int epoch, int batch, const torch::Tensor& index, EpochSums& sums) {
    const std::int64_t n = index.size(0);
    const auto part =
        static_cast<std::int64_t>(std::llround(static_cast<double>(n) * settings_.sam_fraction));
    const std::int64_t guides =
        std::clamp(part, std::min<std::int64_t>(settings_.micro_batches, n), n);
    EpochSums other = no_sums();
    compute_gradients(epoch, batch, index.slice(0, 0, guides), guides == n ? sums : other);
    std::vector<torch::Tensor> statistics;
    for (const torch::Tensor& buffer : network_->buffers()) statistics.push_back(buffer.clone());
    const SamPerturbation perturbation(network_, settings_.sam_radius);
    const torch::Tensor loss = compute_gradients(epoch, batch, index, guides == n ? other : sums);
    restore(statistics);
    return loss;
  }

  void restore(const std::vector<torch::Tensor>& buffers) {
    torch::NoGradGuard no_grad;
    const auto into = network_->buffers();
    for (std::size_t i = 0; i < buffers.size(); ++i) torch::Tensor(into[i]).copy_(buffers[i]);
  }

  /// A worker may have no micro-batch of a short last batch.
  void add_missing_gradients() {
    for (torch::Tensor& parameter : network_->parameters()) {
      if (!parameter.grad().defined()) parameter.mutable_grad() = torch::zeros_like(parameter);
    }
  }

  EpochRecord run_epoch(int epoch) {
    const auto begin = Clock::now();
    const std::int64_t n = training_.pixels.size(0);
    const torch::Tensor order = shuffled_order(n, settings_.seed, epoch).to(device_);
    // A single remaining image joins the last batch: batch norm needs at least two.
    const int batches = static_cast<int>(
        std::max<std::int64_t>(1, (n + settings_.batch_size - 2) / settings_.batch_size));
    EpochRecord record{.epoch = epoch};
    EpochSums sums = no_sums();
    network_->train();
    double loss_shown = 0;
    for (int b = 0; b < batches; ++b) {
      if (observer_.should_stop()) throw Error(ErrorCode::kInterrupted, "training stopped");
      record.learning_rate =
          learning_rate_at(settings_, epoch - 1 + static_cast<double>(b) / batches);
      set_learning_rate(*optimizer_, record.learning_rate);
      const std::int64_t from = static_cast<std::int64_t>(b) * settings_.batch_size;
      const double loss = step(
          epoch, b, order.slice(0, from, b + 1 == batches ? n : from + settings_.batch_size), sums);
      if (settings_.ema_decay > 0) {
        // The decay is lower at first, so that the initial weights are forgotten.
        const double steps = static_cast<double>(epoch - 1) * batches + b + 1;
        update_average(averaged_, network_,
                       std::min(settings_.ema_decay, (1 + steps) / (10 + steps)));
      }
      if (!std::isnan(loss)) loss_shown = loss;
      if (workers_.leads()) observer_.on_batch(epoch, b + 1, batches, loss_shown);
    }
    if (settings_.ema_decay == 0) update_average(averaged_, network_, 0);
    workers_.sum({sums.loss, sums.confusion});
    record.train_loss = sums.loss.item<double>() / static_cast<double>(n);
    check_finite(record.train_loss, epoch);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    record.images_per_second = static_cast<double>(n) / seconds;
    const torch::Tensor counts = sums.confusion.to(torch::kCPU).contiguous();
    metrics::ConfusionMatrix confusion(kEmotionCount);
    for (int label = 0; label < kEmotionCount; ++label) {
      for (int predicted = 0; predicted < kEmotionCount; ++predicted) {
        confusion.add(label, predicted,
                      static_cast<std::size_t>(counts[label][predicted].item<double>()));
      }
    }
    record.train_accuracy = confusion.accuracy();
    record.train_macro_f1 = confusion.macro_f1();
    if (workers_.leads()) {
      validate(record);
      check_finite(record.valid_loss, epoch);
    }
    record.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    return record;
  }

  static void check_finite(double loss, int epoch) {
    if (std::isfinite(loss)) return;
    throw Diverged(ErrorCode::kUnsupported,
                   base::format("training diverged: the loss became infinite or NaN in epoch %d; "
                                "lower --learning-rate",
                                epoch));
  }

  void validate(EpochRecord& record) {
    torch::NoGradGuard no_grad;
    averaged_->eval();
    const std::int64_t n = validation_.pixels.size(0);
    metrics::ConfusionMatrix confusion(kEmotionCount);
    int kept = 0, agreed = 0;  // by FER+'s majority rule
    double loss = 0;
    for (std::int64_t from = 0; from < n; from += 256) {
      const std::int64_t to = std::min<std::int64_t>(from + 256, n);
      const torch::Tensor output =
          logits(averaged_, normalized(validation_.pixels.slice(0, from, to)));
      loss += static_cast<double>(to - from) *
              heads_loss(output, validation_.targets.slice(0, from, to),
                         validation_.weights.slice(0, from, to), averaged_->spec().heads, 0)
                  .item<double>();
      const torch::Tensor predicted = predicted_class(output).to(torch::kCPU).contiguous();
      for (std::int64_t i = from; i < to; ++i) {
        confusion.add(validation_.labels[static_cast<std::size_t>(i)],
                      static_cast<int>(predicted.data_ptr<std::int64_t>()[i - from]));
      }
      if (!settings_.has_ferplus_head()) continue;
      const torch::Tensor voted =
          output.slice(1, kEmotionCount).argmax(1).to(torch::kCPU).contiguous();
      for (std::int64_t i = from; i < to; ++i) {
        const int majority = validation_.majorities[static_cast<std::size_t>(i)];
        kept += majority >= 0;
        agreed += majority >= 0 && majority == voted.data_ptr<std::int64_t>()[i - from];
      }
    }
    record.valid_loss = loss / static_cast<double>(n);
    record.valid_accuracy = confusion.accuracy();
    record.valid_macro_f1 = confusion.macro_f1();
    record.valid_ferplus_accuracy = kept > 0 ? static_cast<double>(agreed) / kept : 0;
  }

  TrainRun run_;
  const Workers& workers_;
  TrainObserver& observer_;
  TrainSettings settings_;
  torch::Device device_;
  RunState state_;
  Samples training_, validation_;
  Network network_, averaged_;
  Teachers teachers_;
  std::unique_ptr<torch::optim::Optimizer> optimizer_;
};

/// Two trainings in one folder would overwrite each other's files. The lock ends with the process.
base::Descriptor lock_folder(const std::filesystem::path& folder) {
  const std::string path = (folder / ".lock").string();
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) throw Error(ErrorCode::kIo, path + ": " + std::strerror(errno));
  if (::flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    ::close(file);
    throw Error(ErrorCode::kIo,
                folder.string() + ": another training uses this folder; choose another --out");
  }
  return base::Descriptor(file);
}

}  // namespace

RunState train(const TrainRun& wanted, Start start, TrainObserver& observer) {
  TrainRun run = wanted;
  TrainSettings& settings = run.settings;
  if (settings.device == "cuda" && !torch::cuda::is_available()) {
    throw Error(ErrorCode::kUnsupported,
                "--device cuda: LibTorch finds no CUDA device; use --device cpu");
  }
  torch::Device device(settings.device);
  if (device.is_cuda()) device.set_index(static_cast<torch::DeviceIndex>(local_rank()));
  if (settings.precision == "auto") settings.precision = has_bf16(device) ? "bf16" : "f32";
  const Workers workers = Workers::from_environment(device);
  const int cores = std::max(
      1, static_cast<int>(std::thread::hardware_concurrency()) / workers_on_this_machine());
  torch::set_num_threads(settings.threads > 0 ? settings.threads : cores);
  std::filesystem::create_directories(run.out);
  const base::Descriptor lock = workers.leads() ? lock_folder(run.out) : base::Descriptor();
  const std::filesystem::path last = run.out / "last.ckpt";
  if (start == Start::kFresh && std::filesystem::exists(last)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        last.string() + ": the folder already contains a run; use --resume or another --out");
  }
  Trainer trainer(run, workers, device, observer);
  if (start == Start::kResume)
    trainer.resume(last);
  else if (!settings.from.empty())
    trainer.begin_from(settings.from);
  return trainer.run();
}

}  // namespace mien::training
