#include "audit/sheets.hpp"

#include <algorithm>
#include <tuple>

#include "audit/vote_check.hpp"
#include "base/file.hpp"
#include "metrics/ferplus.hpp"
#include "reports/page.hpp"

namespace mien::audit {
namespace {

using reports::escape_html;

constexpr std::size_t kTilesPerPage = 300;

constexpr const char* kStyle = R"(<style>
main{max-width:76rem}
.tiles{display:flex;flex-wrap:wrap;gap:.9rem .7rem;margin:1rem 0}
.tile{width:6.6rem;font-size:.76rem;line-height:1.35;break-inside:avoid}
.tile img{width:100%;aspect-ratio:1;border-radius:7px;display:block;margin-bottom:.25rem;image-rendering:auto}
.tile b{font-weight:620}
.tile i{font-style:normal;color:var(--soft)}
.group{display:flex;flex-wrap:wrap;gap:.7rem;border:1px solid var(--line);border-radius:10px;padding:.6rem;background:var(--card)}
.group .tile{width:5.6rem}
.group.bad{border-color:var(--bad)}
.mark{color:var(--bad);font-weight:620}
.card a{text-decoration:none;color:inherit}
</style>
)";

std::string thumbnail(const datasets::Sample& sample) {
  return reports::inline_image({sample.pixels.data(), datasets::kFaceSize, datasets::kFaceSize,
                                datasets::kFaceSize, PixelFormat::kGray8},
                               base::format("row %d", sample.row));
}

/// "happy 7, neutral 3": the two most frequent FER+ votes.
std::string votes_of(const datasets::Sample& sample) {
  constexpr const char* kNames[datasets::kVoteCount] = {
      "neutral", "happy", "surprise", "sad",     "angry",
      "disgust", "fear",  "contempt", "unknown", "no face"};
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < datasets::kVoteCount; ++i) {
    if (sample.votes[i] > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(),
                   [&](auto a, auto b) { return sample.votes[a] > sample.votes[b]; });
  std::string out;
  for (std::size_t i = 0; i < std::min<std::size_t>(2, order.size()); ++i)
    out +=
        base::format("%s%s&nbsp;%d", i == 0 ? "" : ", ", kNames[order[i]], sample.votes[order[i]]);
  return out;
}

std::string tile(const datasets::Sample& sample, const std::string& what) {
  std::string out = "<div class=\"tile\">" + thumbnail(sample) + "<b>" +
                    label_name(sample.emotion) + "</b>" + what + "<br><i>" +
                    std::string(datasets::to_string(sample.split)) +
                    base::format(" %d</i>", sample.row);
  if (sample.has_votes()) out += "<br><i>" + votes_of(sample) + "</i>";
  return out + "</div>\n";
}

std::string suspect_tile(const Suspect& suspect, const datasets::Dataset& dataset) {
  std::string what = suspect.label ? " → <b>" + label_name(*suspect.label) + "</b>" : "";
  what += base::format(" %.2f", suspect.score);
  if (suspect.suggestion != "look")
    what += " <span class=\"mark\">" + suspect.suggestion + "</span>";
  return tile(dataset[suspect.index], what);
}

std::string group_box(const DuplicateGroup& group, const datasets::Dataset& dataset,
                      const datasets::DataEdits& edits) {
  std::string out =
      std::string("<div class=\"group") + (contradicts(group, dataset) ? " bad" : "") + "\">";
  for (const std::size_t i : group.members)
    out += tile(dataset[i],
                edits.drop.contains(dataset[i].row) ? " <span class=\"mark\">drop</span>" : "");
  return out + "</div>\n";
}

/// One kind of suspects, as pieces of HTML.
struct Kind {
  std::string name, title, explanation;
  std::vector<std::string> pieces;
  std::size_t pieces_per_page = kTilesPerPage;
};

std::vector<Page> pages_of(const Kind& kind) {
  std::vector<Page> pages;
  const std::size_t count = (kind.pieces.size() + kind.pieces_per_page - 1) / kind.pieces_per_page;
  for (std::size_t p = 0; p < count; ++p) {
    const auto link = [&](std::size_t to, const char* text) {
      return to < count
                 ? base::format("<a href=\"%s-%zu.html\">%s</a>", kind.name.c_str(), to + 1, text)
                 : std::string();
    };
    const std::string nav = "<nav><a href=\"index.html\">overview</a>" +
                            (p > 0 ? link(p - 1, "← previous") : "") + link(p + 1, "next →") +
                            "</nav>\n";
    std::string body = kStyle + nav + "<div class=\"tiles\">\n";
    const std::size_t from = p * kind.pieces_per_page,
                      to = std::min(from + kind.pieces_per_page, kind.pieces.size());
    for (std::size_t i = from; i < to; ++i) body += kind.pieces[i];
    body += "</div>\n" + nav;
    const std::string subtitle =
        escape_html(kind.explanation) +
        base::format(" %zu to %zu of %zu.", from + 1, to, kind.pieces.size());
    pages.push_back({base::format("%s-%zu.html", kind.name.c_str(), p + 1),
                     reports::make_page(kind.title, subtitle, body)});
  }
  return pages;
}

/// Groups with contradicting labels first, then those across splits, then the largest.
std::vector<std::string> group_pieces(const std::vector<DuplicateGroup>& groups,
                                      const datasets::Dataset& dataset,
                                      const datasets::DataEdits& edits) {
  std::vector<const DuplicateGroup*> order;
  for (const DuplicateGroup& group : groups) order.push_back(&group);
  std::stable_sort(order.begin(), order.end(),
                   [&](const DuplicateGroup* a, const DuplicateGroup* b) {
                     const auto key = [&](const DuplicateGroup& g) {
                       return std::tuple(!contradicts(g, dataset), !crosses_splits(g, dataset),
                                         -static_cast<long>(g.members.size()));
                     };
                     return key(*a) < key(*b);
                   });
  std::vector<std::string> out;
  for (const DuplicateGroup* group : order) out.push_back(group_box(*group, dataset, edits));
  return out;
}

std::vector<std::string> suspect_pieces(const AuditResult& result, const datasets::Dataset& dataset,
                                        Reason reason) {
  std::vector<std::string> out;
  for (const Suspect& suspect : result.suspects) {
    if (suspect.reason == reason) out.push_back(suspect_tile(suspect, dataset));
  }
  return out;
}

std::vector<Kind> kinds_of(const AuditResult& result, const datasets::Dataset& dataset) {
  return {
      {"exact", "Identical images",
       "Images with identical pixels. A colored frame marks groups with contradicting labels.",
       group_pieces(result.exact, dataset, result.edits), kTilesPerPage / 3},
      {"near", "Near-duplicates",
       "Images with near perceptual hashes or network features and correlated pixels, possibly "
       "mirrored. A colored frame marks groups with contradicting labels.",
       group_pieces(result.near, dataset, result.edits), kTilesPerPage / 3},
      {"no-face", "Images without a face",
       "Blank images, text and drawings. The number is the share of pixels within two gray levels "
       "of the most frequent one.",
       suspect_pieces(result, dataset, Reason::kNoFace)},
      {"label", "Probably wrong labels",
       "Confident learning on out-of-fold probabilities: the given label, the suggested one, and "
       "the difference of their probabilities.",
       suspect_pieces(result, dataset, Reason::kWrongLabel)},
  };
}

std::string card(const std::string& number, const std::string& what, const std::string& link) {
  const std::string inside = "<b>" + number + "</b><span>" + what + "</span>";
  return "<div class=\"card\">" +
         (link.empty() ? inside : "<a href=\"" + link + "\">" + inside + "</a>") + "</div>\n";
}

std::string check_table(const VoteCheck& check) {
  std::string out =
      "<div class=\"scroll\"><table><tr><th>first</th><th>precision</th><th>recall</th></tr>\n";
  for (const PrecisionAtK& at : check.at)
    out += base::format("<tr><td>%zu</td><td>%.1f %%</td><td>%.1f %%</td></tr>\n", at.k,
                        100 * at.precision, 100 * at.recall);
  return out + base::format(
                   "</table></div><p class=\"soft\">The voters mark %.1f %% of %zu images. Area "
                   "under the ROC curve: %.1f %%.</p>\n",
                   100 * check.base_rate(), check.images, 100 * check.area);
}

std::string confusion_table(const LabelAudit& labels) {
  std::string out = "<div class=\"scroll\"><table><tr><th>given \\ confident label</th>";
  for (std::size_t c = 0; c < labels.joint.size(); ++c)
    out += "<th>" + label_name(static_cast<int>(c)) + "</th>";
  out += "<th>threshold</th></tr>\n";
  for (std::size_t given = 0; given < labels.joint.size(); ++given) {
    out += "<tr><td>" + label_name(static_cast<int>(given)) + "</td>";
    for (std::size_t c = 0; c < labels.joint.size(); ++c)
      out +=
          base::format(c == given ? "<td><b>%zu</b></td>" : "<td>%zu</td>", labels.joint[given][c]);
    out += base::format("<td><small>%.2f</small></td></tr>\n", labels.thresholds[given]);
  }
  return out + "</table></div>\n";
}

std::string overview(const AuditResult& result, const datasets::Dataset& dataset,
                     const std::vector<Kind>& kinds) {
  std::string cards;
  for (const Kind& kind : kinds) {
    if (kind.name == "label" && !result.labels) continue;
    cards += card(std::to_string(kind.pieces.size()),
                  kind.name == "exact"   ? "groups of identical images"
                  : kind.name == "near"  ? "groups of near-duplicates"
                  : kind.name == "label" ? "probably wrong labels"
                                         : "images without a face",
                  kind.pieces.empty() ? "" : kind.name + "-1.html");
  }
  cards += card(std::to_string(result.across_splits), "groups across splits", "") +
           card(std::to_string(result.contradicting), "groups with contradicting labels", "");
  cards += card(std::to_string(result.edits.drop.size()), "training images to drop", "drop.csv") +
           card(std::to_string(result.edits.relabel.size()), "training images to relabel",
                "relabel.csv");
  std::string out = kStyle + ("<div class=\"cards\">\n" + cards + "</div>\n");
  out +=
      "<p><a href=\"suspects.csv\">suspects.csv</a> lists all suspects with reason and score. The "
      "data are not changed: review and edit the two lists, then train with "
      "<code>mien train --drop drop.csv --relabel relabel.csv</code>. The lists contain training "
      "images only; test images are never changed.</p>\n";
  if (const VoteCheck faces = check_no_faces(result, dataset); faces.positives > 0) {
    out += reports::section("no-face", "Flatness compared with FER+ votes",
                            "<p>Reference: images that more than half of FER+'s ten voters call "
                            "“not a face”. Voters also reject badly cropped faces, which flatness "
                            "does not measure, and they accept drawings as faces.</p>\n" +
                                check_table(faces));
  }
  if (result.labels) {
    std::string body = base::format(
                           "<p>Estimated share of wrong labels: <b>%.1f %%</b> (Northcutt, Jiang, "
                           "Chuang 2021).</p>\n",
                           100 * result.labels->noise_share) +
                       confusion_table(*result.labels);
    if (const auto check = check_labels(result, dataset)) {
      body +=
          "<h3>Comparison with FER+ votes</h3><p>A label counts as wrong if the majority of FER+'s "
          "ten voters chose another emotion.</p>\n" +
          check_table(check->doubts) +
          base::format(
              "<p>Of the %zu label issues with a majority, the majority disagrees with the label "
              "in %.1f %% and confirms the suggestion in %.1f %%; of the %zu labels to replace, in "
              "%.1f %% and %.1f %%.</p>\n",
              check->issues, 100 * check->wrong, 100 * check->suggestion, check->relabelled,
              100 * check->relabelled_wrong, 100 * check->relabelled_suggestion);
    }
    out += reports::section("labels", "Labels", body);
  }
  return out;
}

}  // namespace

std::vector<Page> contact_sheets(const AuditResult& result, const datasets::Dataset& dataset,
                                 const std::string& source) {
  const std::vector<Kind> kinds = kinds_of(result, dataset);
  std::vector<Page> pages = {
      {"index.html", reports::make_page("Audit of " + source,
                                        base::format("%zu images, data hash %s", dataset.size(),
                                                     datasets::dataset_hash(dataset).c_str()),
                                        overview(result, dataset, kinds))}};
  for (const Kind& kind : kinds) {
    for (Page& page : pages_of(kind)) pages.push_back(std::move(page));
  }
  return pages;
}

}  // namespace mien::audit
