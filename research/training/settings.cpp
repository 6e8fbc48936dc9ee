#include "training/settings.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "datasets/dataset.hpp"
#include "metrics/ferplus.hpp"
#include "mien/error.hpp"

namespace mien::training {

namespace {

/// Side of the last map of pictures of `side`: poolings halve it and round down, strides round up.
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
  return small_side > 0 && epoch <= small_part * epochs ? small_side : datasets::kFaceSize;
}

NetworkSpec TrainSettings::network_spec() const {
  NetworkOptions options{.dropout = dropout,
                         .filters = {filters1, filters2, filters3, filters4},
                         .more_convs = more_convs,
                         .first_kernel = first_kernel,
                         .dense = dense,
                         .norm = norm};
  if (first_kernel % 2 == 0) throw Error(ErrorCode::kInvalidArgument, "--first-kernel must be odd");
  if (has_ferplus_head())
    options.heads = {{kFer2013Head, kEmotionCount}, {"ferplus", metrics::kFerPlusEmotions}};
  NetworkSpec spec = make_network_spec(network, options);
  const auto flattens = [](const LayerSpec& layer) { return layer.kind == LayerKind::kFlatten; };
  if (small_side > 0 && std::any_of(spec.layers.begin(), spec.layers.end(), flattens)) {
    throw Error(ErrorCode::kInvalidArgument,
                "--small-side: the network '" + network + "' takes pictures of one size only");
  }
  if (small_side > 0 && last_side(spec.layers, small_side) == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                base::format("--small-side %d: nothing is left of such a picture behind the pools "
                             "of the network '%s'",
                             small_side, network.c_str()));
  }
  return spec;
}

void TrainSettings::declare(base::OptionSet& o) {
  o.add_choice(network, "network", network_names(), "network to train");
  o.add(data, "data", "FILE", "training data: fer2013.csv or a packed set (mien data pack)");
  o.add(votes, "votes", "FILE",
        "FER+ votes (fer2013new.csv) for --vote-mix, when the data do not hold them");
  o.add(vote_mix, "vote-mix", "PART",
        "part of the target that the FER+ votes give; the label gives the rest", {0, 1});
  o.add(ferplus_weight, "ferplus-weight", "W",
        "weight of a second head's loss, which learns the FER+ votes of eight emotions; 0: no such "
        "head",
        {0, 100});
  o.add(from, "from", "FILE",
        "checkpoint or exported model whose weights a fresh run begins with, to train a network "
        "on; else they are drawn from the seed");
  o.add(teachers, "teachers", "FILES",
        "checkpoints or exported models with commas between them, whose mean answer to the same "
        "picture is a part of the target");
  o.add(teacher_weight, "teacher-weight", "PART", "part of the target that the teachers give",
        {0, 1});
  o.add(drop_leaked, "drop-leaked",
        "leave out training pictures that equal a PublicTest or PrivateTest picture");
  o.add(drop, "drop", "FILE",
        "training rows to leave out: a CSV 'row' (mien data audit writes it)");
  o.add(relabel, "relabel", "FILE",
        "training rows with other labels: a CSV 'row,emotion' (mien data audit writes it)");
  o.add(epochs, "epochs", "N", "passes over the training pictures", {1, 100000});
  o.add(batch_size, "batch-size", "N", "pictures a step", {1, 65536});
  o.add(parts, "parts", "N",
        "parts of a step, their gradients summed and batch norm seeing one at a time; 0: one a "
        "worker",
        {0, 65536});
  o.add_choice(optimizer, "optimizer", {"sgd", "adamw"}, "SGD with Nesterov momentum, or AdamW");
  o.add(learning_rate, "learning-rate", "RATE", "largest learning rate", {0, 10});
  o.add_choice(schedule, "schedule", {"cosine", "constant"}, "learning rate after the warm-up");
  o.add(warmup, "warmup", "EPOCHS", "epochs of linear rise at the start", {0, 1000});
  o.add(momentum, "momentum", "M", "momentum of SGD", {0, 0.9999});
  o.add(weight_decay, "weight-decay", "W", "decay of the weights (not of biases and norms)",
        {0, 1});
  o.add(sharpness, "sharpness", "RADIUS",
        "steps follow the gradient at the worst point this far away (sharpness-aware "
        "minimization), at twice the time; 0: none",
        {0, 10});
  o.add(sharpness_part, "sharpness-part", "PART",
        "part of a step's pictures that --sharpness finds the worst point with: a quarter costs a "
        "quarter more time",
        {0, 1});
  o.add(dropout, "dropout", "RATE", "dropout before the dense layers", {0, 0.95});
  o.add(filters1, "filters1", "N", "reference network: filters of the first block", {1, 2048});
  o.add(filters2, "filters2", "N", "of the second", {1, 2048});
  o.add(filters3, "filters3", "N", "of the third", {1, 2048});
  o.add(filters4, "filters4", "N", "of the fourth", {1, 2048});
  o.add(more_convs, "more-convs", "N", "reference network: convolutions more in each block",
        {0, 8});
  o.add(first_kernel, "first-kernel", "N", "reference network: side of the first convolution, odd",
        {1, 15});
  o.add(dense, "dense", "N", "reference network: units of the dense layers", {1, 8192});
  o.add_choice(norm, "norm", {"block", "conv", "none"},
               "reference network: batch norm behind the blocks, before each ReLU, or none");
  o.add(label_smoothing, "label-smoothing", "PART", "part of the target spread over all classes",
        {0, 0.9});
  o.add(class_balance, "class-balance", "POWER",
        "weight of a class = (1 / its frequency)^POWER, mean 1", {0, 1});
  o.add(average, "average", "DECAY", "decay a step of the averaged weights that are kept; 0: none",
        {0, 0.999999});
  o.add(small_side, "small-side", "N",
        "side of the pictures in the first part of the run, for speed; 0: full size throughout",
        {0, 48});
  o.add(small_part, "small-part", "PART", "part of the epochs with small pictures", {0, 1});
  o.add(flip, "flip", "mirror half of the pictures");
  o.add(rotate, "rotate", "DEGREES", "rotation, drawn from +-DEGREES", {0, 180});
  o.add(scale, "scale", "PART", "size, drawn from 1 +- PART", {0, 0.9});
  o.add(shift, "shift", "PART", "shift across and down, drawn from +- PART of the side", {0, 1});
  o.add(contrast, "contrast", "PART", "contrast, drawn from 1 +- PART", {0, 1});
  o.add(brightness, "brightness", "PART", "brightness, drawn from +- PART of the range", {0, 1});
  o.add(blur, "blur", "PIXELS", "widest blur of half of the pictures, the deviation of a Gaussian",
        {0, 8});
  o.add(noise, "noise", "PART",
        "strongest noise of half of the pictures, its deviation as part of the range", {0, 1});
  o.add(erase, "erase", "P", "probability of a blank rectangle (random erasing)", {0, 1});
  o.add_choice(best_by, "best-by", {"accuracy", "macro_f1"},
               "PublicTest score that chooses the best epoch");
  o.add(seed, "seed", "N", "seed of weights, order and augmentation");
  o.add_choice(precision, "precision", {"auto", "f32", "bf16"},
               "arithmetic of convolutions and dense layers; auto: bf16 on a GPU or a CPU that has "
               "it, else f32");
  o.add_choice(device, "device", {"cpu", "cuda"}, "where to train");
  o.add(threads, "threads", "N", "CPU threads, 0: all cores; part of what makes a run repeatable",
        {0, 1024});
}

}  // namespace mien::training
