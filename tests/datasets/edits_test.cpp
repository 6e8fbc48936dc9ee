#include "datasets/edits.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "error_code.hpp"
#include "support.hpp"
#include "synthetic_faces.hpp"

namespace mien::datasets {
namespace {

class EditsTest : public testing::Test {
 protected:
  DataEdits read(const std::string& drop, const std::string& relabel) const {
    base::write_file(folder_ / "drop.csv", drop);
    base::write_file(folder_ / "relabel.csv", relabel);
    DataEdits edits;
    read_drop_list(edits, folder_ / "drop.csv");
    read_relabel_list(edits, folder_ / "relabel.csv");
    return edits;
  }
  test::TemporaryDir folder_;
};

TEST_F(EditsTest, ChangeTrainingRowsAlone) {
  // Rows 0 to 27 are Training with the emotions 0 1 2 3 4 5 6 0 …, rows 28 to 34 PublicTest.
  Dataset dataset = test::synthetic_faces(4);
  const DataEdits edits =
      read("row\n2\n5\n30\n", "row,emotion\n5,sad\n6,happiness\n8,1\n9,surprise\n31,sad\n");
  const EditCounts counts = apply_edits(dataset, edits);
  EXPECT_EQ(counts.dropped, 2U);
  EXPECT_EQ(counts.relabeled, 2U);  // 6 and 9; 8 is disgust already, 5 is dropped
  EXPECT_EQ(counts.of_tests, 2U);
  ASSERT_EQ(dataset.size(), 42U - 2);
  EXPECT_EQ(dataset[2].row, 3);
  EXPECT_EQ(dataset[4].row, 6);
  EXPECT_EQ(dataset[4].emotion, static_cast<int>(Emotion::kHappy));
  EXPECT_EQ(dataset[7].emotion, static_cast<int>(Emotion::kSurprise));
  EXPECT_EQ(dataset[29].row, 31);
  EXPECT_EQ(dataset[29].emotion, 3);
}

TEST_F(EditsTest, ARowThatIsNotThereChangesNothing) {
  Dataset dataset = test::synthetic_faces(1);
  DataEdits edits;
  edits.drop = {3, 1000};
  EXPECT_EQ(test::code_of([&] { apply_edits(dataset, edits); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(dataset.size(), test::synthetic_faces(1).size());
}

TEST_F(EditsTest, MistakesNameTheLine) {
  const auto message = [&](const std::string& drop, const std::string& relabel) {
    try {
      read(drop, relabel);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kBadFormat);
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(message("rows\n1\n", "row,emotion\n").find("drop.csv: line 1"), std::string::npos);
  EXPECT_NE(message("row\n1\n-4\n", "row,emotion\n").find("drop.csv: line 3: row is '-4'"),
            std::string::npos);
  EXPECT_NE(
      message("row\n", "row,emotion\n1,bored\n").find("relabel.csv: line 2: emotion is 'bored'"),
      std::string::npos);
  EXPECT_NE(message("row\n", "row,emotion\n1,sad\n1,happy\n").find("line 3: row 1 has two"),
            std::string::npos);
  EXPECT_EQ(message("row\n", "row,emotion\n1,sad\n1,sadness\n"), "");
}

}  // namespace
}  // namespace mien::datasets
