#include "training/settings.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "datasets/dataset.hpp"
#include "metrics/ferplus.hpp"
#include "mien/error.hpp"
#include "model/heads.hpp"

namespace mien::training {

namespace {

/// Side of the last feature map for images of `side`: pooling rounds down, strides round up.
int last_side(const std::vector<LayerSpec>& layers, int side) {
  for (const LayerSpec& layer : layers) {
    if (layer.kind == LayerKind::kConv) side = (side + layer.stride - 1) / layer.stride;
    if (layer.kind == LayerKind::kMaxPool) side /= 2;
    if (layer.kind == LayerKind::kResidual) side = last_side(layer.body, side);
  }
  return side;
}

}  // namespace

int TrainSettings::side_in(int epoch) const {
  return initial_size > 0 && epoch <= initial_fraction * epochs ? initial_size
                                                                : datasets::kFaceSize;
}

NetworkSpec TrainSettings::network_spec() const {
  NetworkOptions options{.dropout = dropout,
                         .filters = {filters1, filters2, filters3, filters4},
                         .extra_convs = extra_convs,
                         .first_kernel = first_kernel,
                         .dense = dense,
                         .norm = norm};
  if (first_kernel % 2 == 0) throw Error(ErrorCode::kInvalidArgument, "--first-kernel must be odd");
  if (has_ferplus_head())
    options.heads = {{std::string(model::kFer2013Head), kEmotionCount},
                     {"ferplus", metrics::kFerPlusEmotions}};
  NetworkSpec spec = make_network_spec(network, options);
  const auto flattens = [](const LayerSpec& layer) { return layer.kind == LayerKind::kFlatten; };
  if (initial_size > 0 && std::any_of(spec.layers.begin(), spec.layers.end(), flattens)) {
    throw Error(ErrorCode::kInvalidArgument, "--initial-size: the network '" + network +
                                                 "' supports only full-size images; set it to 0");
  }
  if (initial_size > 0 && last_side(spec.layers, initial_size) == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("--initial-size %d is too small for the pooling layers of the network "
                             "'%s'; increase it",
                             initial_size, network.c_str()));
  }
  return spec;
}

void TrainSettings::declare(base::OptionSet& o) {
  o.add_choice(network, "network", network_names(), "network to train");
  o.add(data, "data", "FILE", "training data: fer2013.csv or a packed set (mien data pack)");
  o.add(votes, "votes", "FILE", "FER+ votes (fer2013new.csv), unless the data contain them");
  o.add(vote_weight, "vote-weight", "SHARE",
        "share of the target that comes from the FER+ votes; the label gives the rest", {0, 1});
  o.alias("vote-mix");
  o.add(
      ferplus_weight, "ferplus-weight", "W",
      "loss weight of a second head that learns the FER+ votes of eight emotions; 0: no such head",
      {0, 100});
  o.add(from, "from", "FILE",
        "checkpoint or exported model with the initial weights; default: random, from the seed");
  o.add(teachers, "teachers", "FILES",
        "comma-separated checkpoints or exported models; the mean of their predictions is part of "
        "the target (distillation)");
  o.add(teacher_weight, "teacher-weight", "SHARE", "share of the target that the teachers give",
        {0, 1});
  o.add(validation, "validation", "SHARE",
        "share of the training images (whole subjects, if known) to validate on, for data without "
        "PublicTest images",
        {0, 0.9});
  o.add(drop_leaked, "drop-leaked",
        "leave out training images that equal a PublicTest or PrivateTest image");
  o.add(drop, "drop", "FILE", "training rows to leave out: a CSV 'row' (from mien data audit)");
  o.add(relabel, "relabel", "FILE",
        "training rows with new labels: a CSV 'row,emotion' (from mien data audit)");
  o.add(epochs, "epochs", "N", "passes over the training images", {1, 100000});
  o.add(batch_size, "batch-size", "N", "images per step", {1, 65536});
  o.add(micro_batches, "micro-batches", "N",
        "micro-batches per step, with separate batch-norm statistics and summed gradients; 0: one "
        "per worker",
        {0, 65536});
  o.alias("parts");
  o.add_choice(optimizer, "optimizer", {"sgd", "adamw"}, "SGD with Nesterov momentum, or AdamW");
  o.add(learning_rate, "learning-rate", "RATE", "maximum learning rate", {0, 10});
  o.add_choice(schedule, "schedule", {"cosine", "constant"},
               "learning-rate schedule after the warm-up");
  o.add(warmup, "warmup", "EPOCHS", "epochs of linear warm-up", {0, 1000});
  o.add(momentum, "momentum", "M", "momentum of SGD", {0, 0.9999});
  o.add(weight_decay, "weight-decay", "W", "weight decay (not of biases and batch norms)", {0, 1});
  o.add(sam_radius, "sam-radius", "RADIUS",
        "radius of sharpness-aware minimization (SAM), which doubles the time; 0: off", {0, 10});
  o.alias("sharpness");
  o.add(sam_fraction, "sam-fraction", "SHARE",
        "share of a batch that finds the SAM perturbation; 0.25 adds a quarter of the time",
        {0, 1});
  o.alias("sharpness-part");
  o.add(dropout, "dropout", "RATE", "dropout before the dense layers", {0, 0.95});
  o.add(filters1, "filters1", "N", "reference network: filters of block 1", {1, 2048});
  o.add(filters2, "filters2", "N", "reference network: filters of block 2", {1, 2048});
  o.add(filters3, "filters3", "N", "reference network: filters of block 3", {1, 2048});
  o.add(filters4, "filters4", "N", "reference network: filters of block 4", {1, 2048});
  o.add(extra_convs, "extra-convs", "N", "reference network: extra convolutions per block", {0, 8});
  o.alias("more-convs");
  o.add(first_kernel, "first-kernel", "N",
        "reference network: kernel side of the first convolution, odd", {1, 15});
  o.add(dense, "dense", "N", "reference network: units of the dense layers", {1, 8192});
  o.add_choice(norm, "norm", {"block", "conv", "none"},
               "reference network: batch norm after each block, before each ReLU, or none");
  o.add(label_smoothing, "label-smoothing", "SHARE", "share of the target spread over all classes",
        {0, 0.9});
  o.add(class_balance, "class-balance", "POWER",
        "class weight = frequency^-POWER, scaled to mean 1", {0, 1});
  o.add(ema_decay, "ema-decay", "DECAY",
        "decay per step of the moving average of the weights (EMA), which is kept; 0: off",
        {0, 0.999999});
  o.alias("average");
  o.add(initial_size, "initial-size", "N",
        "image side in the first part of the run, for speed; 0: full size throughout", {0, 48});
  o.alias("small-side");
  o.add(initial_fraction, "initial-fraction", "SHARE", "share of the epochs with --initial-size",
        {0, 1});
  o.alias("small-part");
  o.add(flip, "flip", "mirror half of the images");
  o.add(rotate, "rotate", "DEGREES", "random rotation, +-DEGREES", {0, 180});
  o.add(scale, "scale", "SHARE", "random scale, 1 +- SHARE", {0, 0.9});
  o.add(shift, "shift", "SHARE", "random shift in both directions, +-SHARE of the side", {0, 1});
  o.add(contrast, "contrast", "SHARE", "random contrast, 1 +- SHARE", {0, 1});
  o.add(brightness, "brightness", "SHARE", "random brightness, +-SHARE of the range", {0, 1});
  o.add(blur, "blur", "PIXELS",
        "maximum standard deviation of Gaussian blur, on half of the images", {0, 8});
  o.add(noise, "noise", "SHARE",
        "maximum standard deviation of noise as a share of the range, on half of the images",
        {0, 1});
  o.add(erase, "erase", "P", "probability of erasing a rectangle (random erasing)", {0, 1});
  o.add_choice(best_by, "best-by", {"accuracy", "macro_f1"},
               "PublicTest score that selects the best epoch");
  o.add(seed, "seed", "N", "seed of weights, order and augmentation");
  o.add_choice(precision, "precision", {"auto", "f32", "bf16"},
               "arithmetic of convolutions and dense layers; auto: bf16 on GPUs and CPUs with bf16 "
               "instructions, else f32");
  o.add_choice(device, "device", {"cpu", "cuda"}, "device to train on");
  o.add(threads, "threads", "N", "CPU threads; 0: all cores; affects reproducibility", {0, 1024});
}

}  // namespace mien::training
