#include "training/study_networks.hpp"

#include "training/layers.hpp"

namespace mien::training {
namespace {

void append(std::vector<LayerSpec>& layers, std::vector<LayerSpec> more) {
  for (LayerSpec& layer : more) layers.push_back(std::move(layer));
}

/// A ResNet V2 bottleneck without its first batch norm and ReLU.
std::vector<LayerSpec> bottleneck(const std::string& prefix, int width, int stride) {
  return {conv_for_norm(prefix + "conv1", width, {.kernel = 1}),
          batch_norm(prefix + "norm1"),
          relu(),
          conv_for_norm(prefix + "conv2", width, {.stride = stride}),
          batch_norm(prefix + "norm2"),
          relu(),
          conv(prefix + "conv3", 4 * width, {.kernel = 1})};
}

}  // namespace

std::vector<LayerSpec> vgg16(double rate, int classes) {
  std::vector<LayerSpec> layers;
  constexpr int kChannels[] = {64, 128, 256, 512, 512}, kConvs[] = {2, 2, 3, 3, 3};
  for (int b = 0; b < 5; ++b) {
    const std::string prefix = "block" + std::to_string(b + 1) + "_";
    for (int i = 1; i <= kConvs[b]; ++i) {
      append(layers, {conv_for_norm(prefix + "conv" + std::to_string(i), kChannels[b]),
                      batch_norm(prefix + "norm" + std::to_string(i)), relu()});
    }
    layers.push_back(max_pool());
  }
  layers.push_back(global_average_pool());
  for (const char* name : {"dense1", "dense2"})
    append(layers, {dense(name, 512), relu(), dropout(rate)});
  layers.push_back(dense("logits", classes));
  return layers;
}

std::vector<LayerSpec> resnet50_v2(double rate, int classes) {
  std::vector<LayerSpec> layers{conv("stem_conv", 64, {.kernel = 7, .stride = 2}), max_pool()};
  constexpr int kWidths[] = {64, 128, 256, 512}, kBlocks[] = {3, 4, 6, 3};
  for (int stage = 0; stage < 4; ++stage) {
    for (int block = 0; block < kBlocks[stage]; ++block) {
      const std::string prefix =
          "stage" + std::to_string(stage + 1) + "_block" + std::to_string(block + 1) + "_";
      const int stride = stage > 0 && block == 0 ? 2 : 1, width = kWidths[stage];
      std::vector<LayerSpec> first{batch_norm(prefix + "norm0"), relu()},
          body = bottleneck(prefix, width, stride);
      if (block == 0) {  // the projection shortcut also follows the batch norm and ReLU
        append(layers, std::move(first));
        layers.push_back(
            residual(prefix + "add", std::move(body),
                     {conv(prefix + "shortcut_conv", 4 * width, {.kernel = 1, .stride = stride})}));
      } else {
        append(first, std::move(body));
        layers.push_back(residual(prefix + "add", std::move(first)));
      }
    }
  }
  append(layers, {batch_norm("head_norm"), relu(), global_average_pool(), dropout(rate),
                  dense("logits", classes)});
  return layers;
}

std::vector<LayerSpec> mobilenet_v2(double rate, int classes) {
  std::vector<LayerSpec> layers{conv_for_norm("stem_conv", 32), batch_norm("stem_norm"), relu6()};
  struct Stage {
    int expansion, channels, blocks, stride;
  };
  constexpr Stage kStages[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                               {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  int input = 32, number = 0;
  for (const Stage& stage : kStages) {
    for (int block = 0; block < stage.blocks; ++block) {
      const std::string prefix = "block" + std::to_string(++number) + "_";
      const int stride = block == 0 ? stage.stride : 1, width = stage.expansion * input;
      std::vector<LayerSpec> body;
      if (stage.expansion != 1)
        append(body, {conv_for_norm(prefix + "expand", width, {.kernel = 1}),
                      batch_norm(prefix + "expand_norm"), relu6()});
      append(body, {conv_for_norm(prefix + "depthwise", width, {.stride = stride, .groups = width}),
                    batch_norm(prefix + "depthwise_norm"), relu6(),
                    conv_for_norm(prefix + "project", stage.channels, {.kernel = 1}),
                    batch_norm(prefix + "project_norm")});
      if (stride == 1 && input == stage.channels)
        layers.push_back(residual(prefix + "add", std::move(body)));
      else
        append(layers, std::move(body));
      input = stage.channels;
    }
  }
  append(layers, {conv_for_norm("head_conv", 1280, {.kernel = 1}), batch_norm("head_norm"), relu6(),
                  global_average_pool(), dropout(rate), dense("logits", classes)});
  return layers;
}

}  // namespace mien::training
