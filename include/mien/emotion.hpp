#pragma once

#include <array>
#include <optional>
#include <string_view>

namespace mien {

/// The seven classes in FER2013's order; contempt is FER+'s and CK+'s eighth, which only some
/// networks have.
enum class Emotion { kAngry, kDisgust, kFear, kHappy, kSad, kSurprise, kNeutral, kContempt };

inline constexpr int kEmotionCount = 7;  ///< classes of FER2013: everything but contempt

/// Lower-case English name, as in the labels of a model file: "angry", "disgust", "fear", "happy",
/// "sad", "surprise", "neutral", "contempt".
std::string_view to_string(Emotion emotion);

/// The inverse of to_string. Accepts the other words that data sets use, too ("anger",
/// "happiness", "sadness", "fearful", "surprised", …), in any case; none for any other word.
std::optional<Emotion> emotion_from_string(std::string_view name);

}  // namespace mien
