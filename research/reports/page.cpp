#include "reports/page.hpp"

#include "base/base64.hpp"
#include "vision/encode.hpp"

namespace mien::reports {
namespace {

constexpr const char* kStyle = R"(
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f24;--soft:#5b6470;--line:#e1e5ea;--card:#f6f8fa;--accent:#0072b2;--good:#00795a;--bad:#b34700}
@media(prefers-color-scheme:dark){:root{--paper:#15181c;--ink:#e6e8eb;--soft:#9aa4b0;--line:#2c323a;--card:#1c2127;--accent:#56b4e9;--good:#35c79b;--bad:#ff9c5b}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main{max-width:61rem;margin:0 auto;padding:2.5rem 1.5rem 4rem}
h1{font-size:1.9rem;line-height:1.2;margin:0 0 .35rem;letter-spacing:-.01em}
h2{font-size:1.3rem;margin:3rem 0 .8rem;padding-top:.9rem;border-top:1px solid var(--line);letter-spacing:-.005em}
h3{font-size:1.02rem;margin:2rem 0 .5rem}
p{margin:.5rem 0;max-width:46rem}
a{color:var(--accent)}
.soft,figcaption,.sub{color:var(--soft)}
.sub{font-size:1.02rem;margin:0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(10.5rem,1fr));gap:.8rem;margin:1.4rem 0}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:.8rem 1rem}
.card b{display:block;font-size:1.75rem;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
.card span{display:block;font-size:.83rem;color:var(--soft)}
figure{margin:1.2rem 0 1.6rem}
figure svg{display:block;max-width:100%;height:auto}
figure svg text{font-family:inherit}
figcaption{font-size:.88rem;max-width:46rem;margin-top:.35rem}
.pair{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:0 1.6rem}
.scroll{overflow-x:auto}
.overview{margin:1.6rem 0}
table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.92rem;width:100%}
th,td{padding:.36rem .7rem .36rem 0;text-align:right;border-bottom:1px solid var(--line);vertical-align:top}
th{font-weight:600;color:var(--soft)}
th:first-child,td:first-child{text-align:left}
.pair td:first-child{white-space:nowrap}
td small{color:var(--soft);white-space:nowrap}
.verdict{border-left:4px solid var(--line);padding:.1rem 0 .1rem .9rem;margin:.9rem 0}
.verdict.yes{border-color:var(--accent)}
.faces{display:grid;grid-template-columns:repeat(auto-fill,minmax(6.4rem,1fr));gap:.9rem;margin:.9rem 0}
.face{font-size:.76rem;line-height:1.35;break-inside:avoid}
.face img{width:100%;aspect-ratio:1;border-radius:8px;display:block;margin-bottom:.3rem;background:var(--card)}
.face b{font-weight:620}
.dot{display:inline-block;width:.62em;height:.62em;border-radius:50%;margin-right:.3em;box-shadow:0 0 0 1px rgba(128,128,128,.35)}
nav{margin:1rem 0 0;font-size:.92rem}
nav a{margin-right:1rem;text-decoration:none}
footer{margin-top:3rem;border-top:1px solid var(--line);padding-top:.9rem;font-size:.86rem;color:var(--soft)}
@page{size:A4;margin:14mm}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#111;--soft:#4b5560;--line:#d0d5db;--card:#f6f8fa;--accent:#0072b2;--good:#00795a;--bad:#b34700}
*{print-color-adjust:exact;-webkit-print-color-adjust:exact}
body{font-size:9.5pt}table{font-size:8pt}.pair td:first-child{white-space:normal}.scroll{overflow:visible}.pair{grid-template-columns:1fr 1fr}
.cards{grid-template-columns:repeat(5,1fr)}.card{padding:.5rem .6rem}.card b{font-size:1.3rem}main{max-width:none;padding:0}nav{display:none}h2{margin-top:1.6rem}
h2,h3{break-after:avoid}figure,.card,.verdict,.scroll,.pair>div{break-inside:avoid}.faces{grid-template-columns:repeat(8,1fr);gap:.5rem}.face{font-size:7pt}}
)";

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string make_page(const std::string& title, const std::string& subtitle,
                      const std::string& body) {
  const std::string name = escape_html(title);
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta "
         "name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>" +
         name + "</title>\n<style>" + kStyle + "</style>\n</head>\n<body>\n<main>\n<header>\n<h1>" +
         name + "</h1>\n<p class=\"sub\">" + subtitle + "</p>\n</header>\n" + body +
         "</main>\n</body>\n</html>\n";
}

std::string section(const std::string& id, const std::string& title, const std::string& body) {
  return "<section id=\"" + escape_html(id) + "\">\n<h2>" + escape_html(title) + "</h2>\n" + body +
         "</section>\n";
}

std::string figure(const std::string& content, const std::string& caption) {
  return "<figure>\n" + content +
         (caption.empty() ? "" : "<figcaption>" + caption + "</figcaption>\n") + "</figure>\n";
}

std::string inline_image(const ImageView& image, const std::string& alternative) {
  return "<img alt=\"" + escape_html(alternative) + "\" src=\"data:image/png;base64," +
         base::encode_base64(vision::encode_png(image)) + "\">";
}

}  // namespace mien::reports
