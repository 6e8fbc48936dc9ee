#include "datasets/npy.hpp"

#include <gtest/gtest.h>

#include "base/file.hpp"
#include "error_code.hpp"
#include "support.hpp"

namespace mien::datasets {
namespace {

TEST(FloatTable, ComesBackAsItWasWritten) {
  const test::TemporaryDir folder;
  const FloatTable table{3, {1, 2, 3, -4.5F, 5, 6}};
  write_float_table(folder / "t.npy", table);
  const FloatTable read = read_float_table(folder / "t.npy");
  EXPECT_EQ(read.columns, 3U);
  EXPECT_EQ(read.values, table.values);
  EXPECT_EQ(read.row(1)[0], -4.5F);
  EXPECT_EQ(std::filesystem::file_size(folder / "t.npy") % 64,
            24U);  // the numbers begin at a multiple of 64
}

TEST(FloatTable, NumPysOwnHeaderAndDoublesAreRead) {
  const test::TemporaryDir folder;
  const double values[] = {0.5, -2};
  std::string text = npy_preamble("{'descr': '<f8', 'fortran_order': False, 'shape': (1, 2), }");
  text.append(reinterpret_cast<const char*>(values), sizeof values);
  base::write_file(folder / "t.npy", text);
  EXPECT_EQ(read_float_table(folder / "t.npy").values, (std::vector<float>{0.5F, -2}));
}

TEST(FloatTable, OtherFilesAreRefused) {
  const test::TemporaryDir folder;
  const auto code = [&](const std::string& text) {
    base::write_file(folder / "t.npy", text);
    return test::code_of([&] { read_float_table(folder / "t.npy"); });
  };
  EXPECT_EQ(code("no array"), ErrorCode::kBadFormat);
  EXPECT_EQ(code(npy_preamble("{'descr':'<i4','fortran_order':False,'shape':(1,1),}") + "1234"),
            ErrorCode::kBadFormat);
  EXPECT_EQ(code(npy_preamble("{'descr':'<f4','fortran_order':True,'shape':(1,1),}") + "1234"),
            ErrorCode::kBadFormat);
  EXPECT_EQ(code(npy_preamble("{'descr':'<f4','fortran_order':False,'shape':(2,),}") + "12345678"),
            ErrorCode::kBadFormat);
  EXPECT_EQ(code(npy_preamble("{'descr':'<f4','fortran_order':False,'shape':(3,1),}") + "12345678"),
            ErrorCode::kBadFormat);
  EXPECT_EQ(
      code(npy_preamble("{'descr':'<f4','fortran_order':False,'shape':(99999999999999999999,1),}")),
      ErrorCode::kBadFormat);
}

}  // namespace
}  // namespace mien::datasets
