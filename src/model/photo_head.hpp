#pragma once

#include "model/model.hpp"

namespace mien::model {

/// How the head "photo" follows from the heads "fer2013" and "ferplus".
struct PhotoHeadOptions {
  double weight = 0.5;  ///< of the head fer2013, 0 to 1; ferplus has the rest
  double prior = 0.7;   ///< exponent of the class frequencies that are divided out; 0: none, 1: all
};

/// Adds a head for photos outside of FER2013 and makes it the default; replaces one that is there.
/// Its logits, in the order of FER2013's seven classes, are
///
///     weight z_fer2013 + (1 - weight) z_ferplus - prior (weight log p_fer2013 + (1 - weight) log
///     p_ferplus)
///
/// with z the logits of the two heads (temperature 1, without contempt) and p the class frequencies
/// in the training labels of each. Up to a constant per face, which the softmax ignores, this is
/// the weighted mean of the heads' log-probabilities with a part of the training set's label bias
/// removed. The three heads are dense layers on the same features, so the new one is a single Gemm.
/// Its temperature is 1 until it is calibrated. Options and frequencies are stored as "photo.*" in
/// the model's metadata.
///
/// Throws Error kInvalidArgument for an option out of its range or a model without the two heads,
/// kUnsupported where they are not Gemms with constant f32 weights on the same value.
Model add_photo_head(Model model, const PhotoHeadOptions& options = {});

}  // namespace mien::model
