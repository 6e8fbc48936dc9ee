#pragma once

#include "training/network_spec.hpp"

/// The other networks of the original study, adapted to 48x48 gray images: one input channel, and
/// fewer downsampling steps.
namespace mien::training {

/// Simonyan and Zisserman 2015, configuration D with a batch norm behind each convolution (Ioffe
/// and Szegedy 2015; without it or ImageNet weights it hardly learns) and dense layers of 512
/// units.
std::vector<LayerSpec> vgg16(double dropout, int classes);

/// He et al. 2016, "Identity mappings in deep residual networks": batch norm and ReLU before each
/// convolution, 50 layers deep.
std::vector<LayerSpec> resnet50_v2(double dropout, int classes);

/// Sandler et al. 2018, width 1, the first convolution at full resolution.
std::vector<LayerSpec> mobilenet_v2(double dropout, int classes);

}  // namespace mien::training
