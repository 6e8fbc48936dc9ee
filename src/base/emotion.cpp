#include "mien/emotion.hpp"

#include <array>
#include <string>

#include "base/text.hpp"

namespace mien {
namespace {

constexpr std::array<std::string_view, 8> kNames = {"angry", "disgust",  "fear",    "happy",
                                                    "sad",   "surprise", "neutral", "contempt"};

struct Synonym {
  std::string_view word;
  Emotion emotion;
};

constexpr Synonym kSynonyms[] = {
    {"anger", Emotion::kAngry},        {"disgusted", Emotion::kDisgust},
    {"fearful", Emotion::kFear},       {"afraid", Emotion::kFear},
    {"happiness", Emotion::kHappy},    {"joy", Emotion::kHappy},
    {"sadness", Emotion::kSad},        {"surprised", Emotion::kSurprise},
    {"neutrality", Emotion::kNeutral}, {"contemptuous", Emotion::kContempt},
};

}  // namespace

std::string_view to_string(Emotion emotion) { return kNames.at(static_cast<std::size_t>(emotion)); }

std::optional<Emotion> emotion_from_string(std::string_view name) {
  const std::string lower = base::to_lower(name);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (lower == kNames[i]) return static_cast<Emotion>(i);
  }
  for (const Synonym& synonym : kSynonyms) {
    if (lower == synonym.word) return synonym.emotion;
  }
  return std::nullopt;
}

}  // namespace mien
