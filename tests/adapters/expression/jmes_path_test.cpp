// The language itself, restated after the groups of the published compliance suite (jmespath.org): basic, boolean,
// current, escape, filters, identifiers, indices, literal, multiselect, pipe, slice, syntax, wildcard. Functions have
// their own file.
#include "adapters/expression/jmes_path.hpp"

#include "tests/adapters/expression/expression_cases.hpp"

using test::check_jmes;
using test::jmes;

TEST_CASE("jmespath basic: names and chains of names", "[adapters][jmespath]") {
  check_jmes(R"({"foo":{"bar":{"baz":"correct"}},"zero":0,"none":null})", {{"foo", R"({"bar":{"baz":"correct"}})"},
                                                                           {"foo.bar", R"({"baz":"correct"})"},
                                                                           {"foo.bar.baz", R"("correct")"},
                                                                           {"foo\n.\nbar\n.baz", R"("correct")"},
                                                                           {"foo.bar.baz.bad", "null"},
                                                                           {"foo.bar.bad", "null"},
                                                                           {"bad", "null"},
                                                                           {"bad.morebad.morebad", "null"},
                                                                           {"zero", "0"},
                                                                           {"none", "null"},
                                                                           {"@.foo.bar.baz", R"("correct")"}});
  check_jmes(R"({"foo":{"bar":["one","two","three"]}})",
             {{"foo.bar", R"(["one","two","three"])"}, {"foo.bar.one", "null"}});
  check_jmes(R"(["one","two"])", {{"one", "null"}, {"one.two", "null"}, {"@", R"(["one","two"])"}});
  check_jmes(R"({"foo":{"1":["one"],"-1":"bar"}})",
             {{"foo.\"1\"", R"(["one"])"}, {"foo.\"1\"[0]", R"("one")"}, {"foo.\"-1\"", R"("bar")"}});
}

TEST_CASE("jmespath boolean: or, and, not, comparisons and what is true", "[adapters][jmespath]") {
  check_jmes(R"({"outer":{"foo":"foo","bar":"bar","baz":"baz"}})", {{"outer.foo || outer.bar", R"("foo")"},
                                                                    {"outer.foo||outer.bar", R"("foo")"},
                                                                    {"outer.bad || outer.foo", R"("foo")"},
                                                                    {"outer.foo || outer.bad", R"("foo")"},
                                                                    {"outer.bad || outer.alsobad", "null"},
                                                                    {"outer.empty_string || outer.foo", R"("foo")"}});
  check_jmes(R"({"outer":{"foo":"foo","bool":false,"empty_list":[],"empty_string":""}})",
             {{"outer.empty_string || outer.foo", R"("foo")"},
              {"outer.nokey || outer.bool || outer.empty_list || outer.empty_string || outer.foo", R"("foo")"}});
  check_jmes(R"({"True":true,"False":false,"Number":5,"EmptyList":[],"Zero":0,"EmptyHash":{},"Null":null})",
             {{"True && False", "false"},
              {"False && True", "false"},
              {"True && True", "true"},
              {"True && Number", "5"},
              {"Number && True", "true"},
              {"Number && False", "false"},
              {"Number && EmptyList", "[]"},
              {"EmptyList && True", "[]"},
              {"EmptyList && False", "[]"},
              {"True || False", "true"},
              {"False || False", "false"},
              {"Number || EmptyList", "5"},
              {"Number || True || EmptyList", "5"},
              {"Number && True || EmptyList", "true"},
              {"Zero && True", "true"},
              {"EmptyHash || Number", "5"},
              {"!True", "false"},
              {"!False", "true"},
              {"!Number", "false"},
              {"!Zero", "false"},
              {"!Null", "true"},
              {"!EmptyList", "true"},
              {"!EmptyHash", "true"},
              {"!!Number", "true"},
              {"True && !False", "true"},
              {"!True || Number", "5"},
              {"(True || False) && Number", "5"},
              {"False || False && True", "false"}});
  check_jmes(R"({"one":1,"two":2,"three":3,"emptylist":[],"boolvalue":false,"text":"a"})",
             {{"one < two", "true"},
              {"one <= two", "true"},
              {"one == one", "true"},
              {"one == two", "false"},
              {"one > two", "false"},
              {"one >= two", "false"},
              {"one != two", "true"},
              {"emptylist < one", "null"},
              {"emptylist < nullvalue", "null"},
              {"emptylist < boolvalue", "null"},
              {"one < boolvalue", "null"},
              {"text < text", "null"},
              {"one < two && three > one", "true"},
              {"one < two || three > one", "true"},
              {"two < one || three < one", "false"},
              {"one == `1.0`", "true"},
              {"text == `\"a\"`", "true"},
              {"text == 'a'", "true"},
              {"missing == `null`", "true"},
              {"@ == @", "true"}});
}

TEST_CASE("jmespath escape: quoted names are JSON strings", "[adapters][jmespath]") {
  check_jmes(
      R"({"foo.bar":"dot","foo bar":"space","foo\nbar":"newline","foo\"bar":"doublequote","c:\\\\windows\\path":"windows","/unix/path":"unix","\"\"\"":"threequotes","bar":{"baz":"qux"},"å":"norwegian"})",
      {{R"("foo.bar")", R"("dot")"},
       {R"("foo bar")", R"("space")"},
       {R"("foo\nbar")", R"("newline")"},
       {R"("foo\"bar")", R"("doublequote")"},
       {R"("c:\\\\windows\\path")", R"("windows")"},
       {R"("/unix/path")", R"("unix")"},
       {R"("\"\"\"")", R"("threequotes")"},
       {R"("bar"."baz")", R"("qux")"},
       {"\"\\u00e5\"", R"("norwegian")"},
       {"\"\xC3\xA5\"", R"("norwegian")"},
       {"\xC3\xA5", "syntax"},
       {"\"\xC3\"", "syntax"}});
}

TEST_CASE("jmespath filters: the elements for which the condition is true", "[adapters][jmespath]") {
  check_jmes(R"({"foo":[{"name":"a"},{"name":"b"}]})", {{"foo[?name == 'a']", R"([{"name":"a"}])"},
                                                        {"foo[?name == 'c']", "[]"},
                                                        {"*[?name=='a'] | [0]", R"([{"name":"a"}])"}});
  check_jmes(R"({"foo":[0,1],"bar":[2,3]})", {{"*[?[0] == `0`]", "[[],[]]"}, {"foo[?@ == `0`]", "[0]"}});
  check_jmes(
      R"({"foo":[{"first":"foo","last":"bar"},{"first":"foo","last":"foo"},{"first":"foo","last":"baz"}]})",
      {{"foo[?first == last]", R"([{"first":"foo","last":"foo"}])"}, {"foo[?first == last].first", R"(["foo"])"}});
  check_jmes(R"({"foo":[{"age":20},{"age":25},{"age":30}]})", {{"foo[?age > `25`]", R"([{"age":30}])"},
                                                               {"foo[?age >= `25`]", R"([{"age":25},{"age":30}])"},
                                                               {"foo[?age < `25`]", R"([{"age":20}])"},
                                                               {"foo[?age <= `25`]", R"([{"age":20},{"age":25}])"},
                                                               {"foo[?age == `20`]", R"([{"age":20}])"},
                                                               {"foo[?age != `20`]", R"([{"age":25},{"age":30}])"},
                                                               {"foo[?age > `30`]", "[]"},
                                                               {"foo[?!(age > `20`)]", R"([{"age":20}])"}});
  check_jmes(R"({"foo":[{"weight":33.3},{"weight":44.4},{"weight":55.50}]})",
             {{"foo[?weight > `44.4`]", R"([{"weight":55.50}])"}, {"foo[?weight == `55.5`].weight", "[55.50]"}});
  check_jmes(R"({"foo":[{"top":{"name":"a"}},{"top":{"name":"b"}}]})",
             {{"foo[?top.name == 'a']", R"([{"top":{"name":"a"}}])"},
              {"foo[?top == `{\"name\": \"b\"}`].top.name", R"(["b"])"}});
  check_jmes(
      R"({"foo":[{"key":true},{"key":false},{"key":0},{"key":1},{"key":[0]},{"key":{"bar":[0]}},{"key":null},{"key":[1]},{"key":{"a":2}}]})",
      {{"foo[?key == `true`]", R"([{"key":true}])"},
       {"foo[?key == `false`]", R"([{"key":false}])"},
       {"foo[?key == `0`]", R"([{"key":0}])"},
       {"foo[?key == `[0]`]", R"([{"key":[0]}])"},
       {"foo[?key == `{\"bar\": [0]}`]", R"([{"key":{"bar":[0]}}])"},
       {"foo[?key == `null`]", R"([{"key":null}])"},
       {"foo[?`true` == key]", R"([{"key":true}])"},
       {"foo[?key].key", R"([true,0,1,[0],{"bar":[0]},[1],{"a":2}])"},
       {"foo[?key != `0`] | length(@)", "8"}});
  check_jmes(R"({"foo":[{"a":1,"b":{"c":2}},{"a":1,"b":{"c":3}},{"a":3,"b":{"c":4}}]})",
             {{"foo[?a==`1`].b.c", "[2,3]"},
              {"foo[?a==`1` && b.c==`3`].b.c", "[3]"},
              {"foo[?a==`3` || b.c==`2`].b.c", "[2,4]"},
              {"foo[?a == `1` || b.c == `4` && a == `9`].b.c", "[2,3]"}});
  check_jmes(R"({"reservations":[{"instances":[{"foo":1,"bar":2},{"foo":1,"bar":3},{"foo":2,"bar":1}]}]})",
             {{"reservations[].instances[?bar==`1`]", R"([[{"foo":2,"bar":1}]])"},
              {"reservations[*].instances[?bar==`1`]", R"([[{"foo":2,"bar":1}]])"},
              {"reservations[].instances[?bar==`1`][]", R"([{"foo":2,"bar":1}])"}});
  check_jmes(R"({"foo":{"a":1}})", {{"foo[?a]", "null"}, {"missing[?a]", "null"}});
  // The connector's published templates.
  check_jmes(R"({"Body":{"data":[{"systolic":120,"diastolic":80},{"systolic":1},{"systolic":"","diastolic":2}]}})",
             {{"Body.data[?systolic && diastolic]", R"([{"systolic":120,"diastolic":80}])"},
              {"to_array(@)[?Body].Body.data[0].systolic", "[120]"}});
}

TEST_CASE("jmespath identifiers: letters, digits and underscores, or anything in quotes", "[adapters][jmespath]") {
  check_jmes(R"({"__L":1,"_X9":2,"a0":3,"AND":4,"null":5,"true":6,"length":7,"":8,"☯":9})", {{"__L", "1"},
                                                                                             {"_X9", "2"},
                                                                                             {"a0", "3"},
                                                                                             {"AND", "4"},
                                                                                             {"null", "5"},
                                                                                             {"true", "6"},
                                                                                             {"length", "7"},
                                                                                             {"\"\"", "8"},
                                                                                             {"\"☯\"", "9"},
                                                                                             {"0a", "syntax"},
                                                                                             {"a-b", "syntax"},
                                                                                             {"a b", "syntax"},
                                                                                             {"\"a", "syntax"},
                                                                                             {"\"\\x\"", "syntax"}});
}

TEST_CASE("jmespath indices: from the front, from the end, none beyond", "[adapters][jmespath]") {
  check_jmes(R"({"foo":{"bar":["zero","one","two"]}})", {{"foo.bar[0]", R"("zero")"},
                                                         {"foo.bar[2]", R"("two")"},
                                                         {"foo.bar[3]", "null"},
                                                         {"foo.bar[-1]", R"("two")"},
                                                         {"foo.bar[-3]", R"("zero")"},
                                                         {"foo.bar[-4]", "null"},
                                                         {"foo[0]", "null"},
                                                         {"foo.bar[2147483647]", "null"},
                                                         {"foo.bar[2147483648]", "syntax"},
                                                         {"foo.bar[-2147483648]", "null"},
                                                         {"foo.bar[0].x", "null"}});
  check_jmes(R"([["one","two"],["three",["four"]],[[5]]])", {{"[0]", R"(["one","two"])"},
                                                             {"[1][1][0]", R"("four")"},
                                                             {"[]", R"(["one","two","three",["four"],[5]])"},
                                                             {"[][]", R"(["one","two","three","four",5])"},
                                                             {"[-1][0][0]", "5"},
                                                             {"[*][0]", R"(["one","three",[5]])"},
                                                             {"[0][0][0]", "null"}});
  check_jmes(R"({"foo":[{"bar":[{"qux":2},{"qux":4}]},{"bar":[{"qux":6}]},{"bar":null}],"string":"s","hash":{"a":1}})",
             {{"foo[].bar[].qux", "[2,4,6]"},
              {"foo[].bar[].[qux]", "[[2],[4],[6]]"},
              {"foo[].bar[].[qux][]", "[2,4,6]"},
              {"foo[*].bar[0].qux", "[2,6]"},
              {"foo[].bar", R"([[{"qux":2},{"qux":4}],[{"qux":6}]])"},
              {"string[]", "null"},
              {"hash[]", "null"},
              {"missing[]", "null"}});
}

TEST_CASE("jmespath literal: JSON in backticks, raw text in quotes", "[adapters][jmespath]") {
  check_jmes(R"({"foo":[{"name":"a"}],"bar":1})", {{"`\"foo\"`", R"("foo")"},
                                                   {"`\"\\u03a6\"`", R"("Φ")"},
                                                   {"`[1, 2, 3]`", "[1,2,3]"},
                                                   {"`{\"a\": \"b\"}`", R"({"a":"b"})"},
                                                   {"`true`", "true"},
                                                   {"`null`", "null"},
                                                   {"`0`", "0"},
                                                   {"`-1.50e3`", "-1.50e3"},
                                                   {"`  {\"foo\": true}`", R"({"foo":true})"},
                                                   {"`{\"a\": \"b\"}`.a", R"("b")"},
                                                   {"`[{\"b\": 2}]`[0].b", "2"},
                                                   {"`\"a\\`b\"`", R"("a`b")"},
                                                   {"`foo`", "syntax"},
                                                   {"``", "syntax"},
                                                   {"`[1", "syntax"},
                                                   {"`1` `2`", "syntax"},
                                                   {"'foo'", R"("foo")"},
                                                   {"'  foo  '", R"("  foo  ")"},
                                                   {"'0'", R"("0")"},
                                                   {"'new\nline'", R"("new\nline")"},
                                                   {"'\\''", R"("'")"},
                                                   {"'\\z'", R"("\\z")"},
                                                   {"'\\\\'", R"("\\\\")"},
                                                   {"''", R"("")"},
                                                   {"'open", "syntax"}});
}

TEST_CASE("jmespath multiselect: lists and hashes of parts", "[adapters][jmespath]") {
  check_jmes(
      R"({"foo":{"bar":"bar","baz":"baz","qux":"qux","nested":{"one":{"a":"first"},"two":{"a":"second"}}},"list":[{"a":1,"b":2},{"a":3}]})",
      {{"foo.{bar: bar}", R"({"bar":"bar"})"},
       {"foo.{\"b a r\": bar, baz: missing}", R"({"b a r":"bar","baz":null})"},
       {"foo.[bar,baz]", R"(["bar","baz"])"},
       {"foo.[missing]", "[null]"},
       {"foo.[bar , nested.two.a]", R"(["bar","second"])"},
       {"foo.nested.*.{x: a}", R"([{"x":"first"},{"x":"second"}])"},
       {"list[*].[a,b]", "[[1,2],[3,null]]"},
       {"list[*].{a: a}", R"([{"a":1},{"a":3}])"},
       {"list[].{a: a, sum: b || a}.sum", "[2,3]"},
       {"[foo.bar, list[0].a]", R"(["bar",1])"},
       {"{a: foo.bar, b: {c: list[1].a}}", R"({"a":"bar","b":{"c":3}})"},
       {"missing.{bar: bar}", "null"},
       {"missing.[bar]", "null"},
       {"missing[*].[bar]", "null"},
       {"foo.{a: bar, a: baz}", "syntax"},
       {"[[*], *]",
        R"([null,[{"bar":"bar","baz":"baz","qux":"qux","nested":{"one":{"a":"first"},"two":{"a":"second"}}},[{"a":1,"b":2},{"a":3}]]])"}});
}

TEST_CASE("jmespath pipe: ends a projection and takes its list", "[adapters][jmespath]") {
  check_jmes(R"({"foo":{"bar":{"baz":"sub"},"other":{"baz":"sub2"},"other2":{"baz":"sub3"},"list":[[1,2],[3]]}})",
             {{"foo | bar", R"({"baz":"sub"})"},
              {"foo.*.baz | [0]", R"("sub")"},
              {"foo.*.baz[0]", "[]"},
              {"(foo.*.baz)[1]", R"("sub2")"},
              {"foo | *.baz | [-1]", R"("sub3")"},
              {"foo | missing", "null"},
              {"missing | foo", "null"},
              {"foo | list | [0]", "[1,2]"},
              {"foo.list[*] | [0]", "[1,2]"},
              {"foo.list[*][0]", "[1,3]"},
              {"foo.[bar, other] | [1].baz", R"("sub2")"},
              {"{a: foo.bar.baz} | a", R"("sub")"},
              {"`null` || foo.bar.baz | @", R"("sub")"}});
}

TEST_CASE("jmespath slice: Python's rules", "[adapters][jmespath]") {
  check_jmes(R"({"foo":[0,1,2,3,4,5,6,7,8,9],"bar":{"baz":1},"objects":[{"a":1},{"a":2},{"a":3}]})",
             {{"foo[0:10:1]", "[0,1,2,3,4,5,6,7,8,9]"},
              {"foo[0:10]", "[0,1,2,3,4,5,6,7,8,9]"},
              {"foo[:]", "[0,1,2,3,4,5,6,7,8,9]"},
              {"foo[::]", "[0,1,2,3,4,5,6,7,8,9]"},
              {"foo[0:10:2]", "[0,2,4,6,8]"},
              {"foo[::2]", "[0,2,4,6,8]"},
              {"foo[1:9:3]", "[1,4,7]"},
              {"foo[5:]", "[5,6,7,8,9]"},
              {"foo[:4]", "[0,1,2,3]"},
              {"foo[-3:]", "[7,8,9]"},
              {"foo[:-8]", "[0,1]"},
              {"foo[-20:2]", "[0,1]"},
              {"foo[8:20]", "[8,9]"},
              {"foo[10:-20]", "[]"},
              {"foo[10:0:-1]", "[9,8,7,6,5,4,3,2,1]"},
              {"foo[::-1]", "[9,8,7,6,5,4,3,2,1,0]"},
              {"foo[8:2:-2]", "[8,6,4]"},
              {"foo[10:-20:-1]", "[9,8,7,6,5,4,3,2,1,0]"},
              {"foo[-4:-1]", "[6,7,8]"},
              {"foo[:-5:-1]", "[9,8,7,6]"},
              {"foo[-20:0:-1]", "[]"},
              {"foo[2147483647::-2147483648]", "[9]"},
              {"bar[0:1]", "null"},
              {"missing[:1]", "null"},
              {"objects[:2].a", "[1,2]"},
              {"objects[::-1].a | [0]", "3"},
              {"objects[0:2][0]", "[]"},
              {"foo[0:2:0]", "syntax"},
              {"foo[8:2:0:1]", "syntax"},
              {"foo[8:2&]", "syntax"},
              {"foo[2:a:3]", "syntax"},
              {"foo[1 2]", "syntax"}});
  check_jmes("[[1,2,3],[4,5]]", {{"[:2].[0:1]", "syntax"}, {"[*][:1]", "[[1],[4]]"}, {"[0][1:]", "[2,3]"}});
}

TEST_CASE("jmespath wildcard: the values of objects and the elements of lists", "[adapters][jmespath]") {
  check_jmes(R"({"foo":{"bar":{"baz":"val"},"other":{"baz":"val2"},"other2":{"notbaz":["a","b"]},"list":[{"x":1}]}})",
             {{"foo.*.baz", R"(["val","val2"])"},
              {"foo.bar.*", R"(["val"])"},
              {"foo.*.notbaz", R"([["a","b"]])"},
              {"foo.*.notbaz[0]", R"(["a"])"},
              {"foo.*.notbaz[-1]", R"(["b"])"},
              {"*.*.baz", R"([["val","val2"]])"},
              {"*.bar", R"([{"baz":"val"}])"},
              {"foo.list.*", "null"},
              {"foo[*]", "null"},
              {"*.*.*.*", R"([[[],[],[]]])"},
              {"missing.*", "null"},
              {"foo.bar.baz.*", "null"}});
  check_jmes(
      R"([{"foo":1},{"foo":[2]},{"bar":3},null,{"foo":null}])",
      {{"[*].foo", "[1,[2]]"}, {"[*]", R"([{"foo":1},{"foo":[2]},{"bar":3},{"foo":null}])"}, {"[*].foo[]", "[1,2]"}});
  check_jmes(R"({"type":"object"})", {{"*", R"(["object"])"},
                                      {"*.*", "[]"},
                                      {"*.foo", "[]"},
                                      {"*[0]", "[]"},
                                      {"*||*|*|*", "null"},
                                      {"[*.*]", "[[]]"},
                                      {"*.[\"0\"]", "[[null]]"},
                                      {R"({"\\":{" ":*}})", R"({"\\":{" ":["object"]}})"}});
  check_jmes("[]", {{"*[]||[*]", "[]"}, {"[*.*]", "[null]"}, {"*||*|*|*", "null"}});
}

TEST_CASE("jmespath syntax: what is no expression is refused when compiled", "[adapters][jmespath]") {
  const char* const wrong[] = {"",
                               " ",
                               "foo.1",
                               "foo.-11",
                               "foo.",
                               ".foo",
                               "foo..bar",
                               "foo.bar.",
                               "foo[.]",
                               ".",
                               ":",
                               ",",
                               "]",
                               "[",
                               "}",
                               "{",
                               ")",
                               "(",
                               "((&",
                               "a[",
                               "a]",
                               "a][",
                               "!",
                               "@=",
                               "@``",
                               "![!(!",
                               "(@",
                               "@(foo)",
                               "\"foo\"(bar)",
                               ".*",
                               "*foo",
                               "*0",
                               "foo[*]bar",
                               "foo[*]*",
                               "*.[0]",
                               "foo[#]",
                               "led[*",
                               "[:@]",
                               "[:::]",
                               "[:@:]",
                               "[:1@]",
                               "foo[0, 1]",
                               "foo.[0]",
                               "foo[0, ]",
                               "foo[0,",
                               "foo.[a",
                               "foo[0,, 1]",
                               "foo[abc]",
                               "foo[abc, def]",
                               "foo.[abc, 1]",
                               "foo.[abc, ]",
                               "foo.[abc,, def]",
                               "a{}",
                               "a{",
                               "a{foo}",
                               "a{foo:",
                               "a{foo: 0}",
                               "a{foo: bar}",
                               "a.{}",
                               "a.{foo}",
                               "a.{foo: bar, }",
                               "a.{foo: bar, baz}",
                               "a.{foo: bar, baz:}",
                               "{a: @",
                               "foo ||",
                               "foo.|| bar",
                               " || foo",
                               "foo || || foo",
                               "foo.[a ||]",
                               "foo[ ?bar==`1`]",
                               "foo[?bar==]",
                               "foo[?==]",
                               "foo[?==bar]",
                               "foo[?bar==baz?]",
                               "foo[?bar==`[\"foo`bar\"]`]",
                               "foo[?bar<>baz]",
                               "foo[?bar^baz]",
                               "foo[bar==baz]",
                               "bar.`\"anything\"`",
                               "foo[*].`\"literal\"`",
                               "foo[? @ | @",
                               "foo | ",
                               "| foo",
                               "&foo",
                               "foo == &bar",
                               "a = b",
                               "a & b",
                               "foo[-]",
                               "$",
                               "foo.$",
                               "length(@,)",
                               "length(",
                               "length)",
                               "length @",
                               "foo bar",
                               "foo[]bar",
                               "'a''b'"};
  for (const char* expression : wrong) {
    INFO(expression);
    CHECK(jmes(expression, R"({"type":"object"})").starts_with("syntax: JMESPath: "));
  }
  const char* const right[] = {"foo.[*]",
                               "foo.[abc]",
                               "foo.[abc, def]",
                               "a.{foo: bar, baz: bam}",
                               "foo.[a || b]",
                               "foo[?bar==`\"baz\"`]",
                               "foo[? bar == `1` ]",
                               "foo[?a.b.c==d.e.f]",
                               "[?\"\\\\\">`1`]",
                               "foo[?bar==`[\"foo\\`bar\"]`]"};
  for (const char* expression : right) {
    INFO(expression);
    CHECK(jmes(expression, R"({"type":"object"})") == "null");
  }
}

TEST_CASE("jmespath: a refusal says what, where and in which expression", "[adapters][jmespath]") {
  CHECK(jmes("foo[bar", "{}") ==
        "syntax: JMESPath: expected an index, a slice or * in the brackets at character 5 of: foo[bar");
  CHECK(jmes("a.b.nope(@)", "{}") == "syntax: JMESPath: there is no function nope at character 5 of: a.b.nope(@)");
  CHECK(jmes("a || abs('x')", "{}") ==
        "error: JMESPath: abs: argument 1 is of the wrong type (string) at character 6 of: a || abs('x')");
}

TEST_CASE("jmespath: results point into the document, numbers and all", "[adapters][jmespath]") {
  const auto document = fhir::JsonDocument::parse(R"({"a":[{"v":37.50},{"v":36.6}]})");
  const auto path = adapters::expression::JmesPath::compile("a[?v > `37`] | [0].v", test::exact_functions());
  REQUIRE(path.has_value());
  adapters::expression::Workspace workspace;
  const auto value = path->evaluate(document->root(), workspace);
  REQUIRE(value.has_value());
  CHECK(value->place().path() == "a[0].v");
  CHECK(value->number()->text() == "37.50");
}

TEST_CASE("jmespath: a projection is told from a single result", "[adapters][jmespath]") {
  struct Row {
    const char* expression;
    bool projects;
  };
  const Row rows[] = {{"Body.data[?systolic]", true},
                      {"Body.data[*]", true},
                      {"Body.data[*].x", true},
                      {"Body.data[]", true},
                      {"Body.data[0:2]", true},
                      {"Body.*", true},
                      {"@ | Body[*]", true},
                      {"Body.data[*].x[]", true},
                      {"Body.data", false},
                      {"Body.data[0]", false},
                      {"Body[*] | [0]", false},
                      {"(Body[*])", false},
                      {"[Body]", false},
                      {"to_array(Body)", false},
                      {"Body[*] || Body", false}};
  for (const Row& row : rows) {
    INFO(row.expression);
    const auto path = adapters::expression::JmesPath::compile(row.expression, test::exact_functions());
    REQUIRE(path.has_value());
    CHECK(path->projects() == row.projects);
  }
}
