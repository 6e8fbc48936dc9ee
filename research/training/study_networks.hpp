#pragma once

#include "training/network_spec.hpp"

/// The networks that the original study tried beside its own, for 48x48 gray pictures and trained
/// from nothing: the first convolution takes one channel, and what shrinks a picture of 224 pixels
/// too far is left out.
namespace mien::training {

/// Simonyan and Zisserman 2015, configuration D with a batch norm behind each convolution (Ioffe
/// and Szegedy 2015; without it, and without weights from ImageNet, it hardly learns), and dense
/// layers of 512 units: what reaches them is one pixel.
std::vector<LayerSpec> vgg16(double dropout, int classes);

/// He et al. 2016, "Identity mappings in deep residual networks": batch norm and ReLU before each
/// convolution, 50 layers deep.
std::vector<LayerSpec> resnet50_v2(double dropout, int classes);

/// Sandler et al. 2018, width 1, the first convolution at full resolution.
std::vector<LayerSpec> mobilenet_v2(double dropout, int classes);

}  // namespace mien::training
