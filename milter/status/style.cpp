// SPDX-License-Identifier: Apache-2.0
// How the status page looks. Colours keep a contrast of 4.5 to 1 for text and 3 to 1 for
// what is drawn (WCAG 2.1, 1.4.3 and 1.4.11), on light and on dark ground.
#include "milter/status/page.h"

namespace milterward::status {

const std::string& style_sheet() {
  static const std::string text = R"(:root {
  color-scheme: light dark;
  --ground: #ffffff; --raised: #f3f5f7; --text: #1b2027; --dim: #4d5866; --line: #7c8794;
  --link: #0b57a4; --ill: #a3160b; --well: #1c6b2f;
  --accept: #2f7d43; --tag: #7a6400; --subject: #93610d; --quarantine: #a8500f;
  --redirect: #6b4fa8; --defer: #1d6fa5; --reject: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #14181d; --raised: #1e242b; --text: #e6eaee; --dim: #aab4bf; --line: #76828f;
    --link: #8ec2ff; --ill: #ff9c92; --well: #7fd394;
    --accept: #57b36f; --tag: #d3b52c; --subject: #e0a545; --quarantine: #ec8a45;
    --redirect: #a890e8; --defer: #5fb0e6; --reject: #f0736a;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0 auto; max-width: 64rem; padding: 0 1rem 2rem;
  background: var(--ground); color: var(--text);
  font: 1rem/1.5 system-ui, sans-serif;
}
h1 { font-size: 1.5rem; margin: 1rem 0 .5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2rem 0 .5rem; }
a { color: var(--link); }
:focus-visible { outline: 3px solid var(--link); outline-offset: 2px; }
.skip { position: absolute; left: -999rem; }
.skip:focus { left: 1rem; top: .5rem; background: var(--ground); padding: .5rem; }
form { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; }
input, button {
  font: inherit; color: inherit; background: var(--raised);
  border: 1px solid var(--line); border-radius: .3rem; padding: .5rem .7rem; min-height: 2.75rem;
}
input { flex: 1 1 14rem; min-width: 0; }
nav ul, .legend { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 1rem; margin: .5rem 0; padding: 0; }
nav a { display: inline-block; padding: .55rem 0; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .5rem; margin: 0; }
.facts div { background: var(--raised); border-radius: .3rem; padding: .5rem .7rem; }
dt { color: var(--dim); font-size: .9rem; }
dd { margin: 0; overflow-wrap: anywhere; }
.ill { color: var(--ill); }
.well { color: var(--well); }
.hint { background: var(--raised); border-left: 4px solid var(--link); padding: .5rem .7rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0; }
caption { text-align: left; color: var(--dim); padding: .25rem 0; }
caption span { display: inline-block; position: sticky; left: 0; max-width: calc(100vw - 2rem); }
th, td { text-align: right; padding: .35rem .6rem; border-bottom: 1px solid var(--line); font-variant-numeric: tabular-nums; }
th:first-child { text-align: left; font-weight: normal; min-width: 9rem; max-width: 26rem; overflow-wrap: anywhere; }
thead th { font-weight: bold; vertical-align: bottom; }
figure { margin: 1rem 0; }
figcaption { font-weight: bold; }
.chart { display: block; width: 100%; height: auto; }
.chart .grid { stroke: var(--line); stroke-width: .5; }
.chart .axis { fill: var(--dim); font-size: 12px; }
@media (max-width: 40rem) { .chart .axis { font-size: 22px; } }
.key { width: .8em; height: .8em; }
.v-accept { fill: var(--accept); } .v-tag { fill: var(--tag); } .v-subject { fill: var(--subject); }
.v-quarantine { fill: var(--quarantine); } .v-redirect { fill: var(--redirect); }
.v-defer { fill: var(--defer); } .v-reject { fill: var(--reject); }
summary { cursor: pointer; padding: .55rem 0; }
article { border: 1px solid var(--line); border-radius: .3rem; padding: .5rem 1rem; margin: 1rem 0; }
article h2 { margin: .25rem 0; overflow-wrap: anywhere; }
li, .end { overflow-wrap: anywhere; }
.end { font-weight: bold; }
meter { width: 6rem; }
footer { color: var(--dim); margin-top: 2rem; }
@media (forced-colors: active) { .chart rect, .key rect { stroke: CanvasText; } }
)";
  return text;
}

}  // namespace milterward::status
