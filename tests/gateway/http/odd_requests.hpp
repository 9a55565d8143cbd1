// Requests that must be refused, and odd ones that must be read exactly as RFC 9112 says. In the spirit of Http11Probe
// and HTTP Garden: each is something known servers read in different ways. Where the RFC leaves a choice the strict
// answer is pinned.
#pragma once

#include <string>
#include <vector>

namespace test {

struct RefusedRequest {
  const char* name;
  std::string bytes;
  int status;
};

struct AcceptedRequest {
  const char* name;
  std::string bytes;
  std::string body;  // as the handler of POST /echo sees it
};

inline std::string with_fields(const std::string& fields, const std::string& body = "") {
  return "POST /echo HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n" + body;
}
inline std::string chunked(const std::string& body) {
  return with_fields("Transfer-Encoding: chunked\r\n", body);
}
inline std::string line(const std::string& request_line) {
  return request_line + "\r\nHost: a\r\n\r\n";
}

inline std::vector<RefusedRequest> refused_requests() {
  std::string const nul(1, '\0');
  return {
      // request line
      {"TLS hello on a plain port", "\x16\x03\x01\x02" + nul + "\x01\r\n\r\n", 400},
      {"no target", line("GET HTTP/1.1"), 400},
      {"no version", line("GET /query"), 400},
      {"empty method", line(" GET /query HTTP/1.1"), 400},
      {"two blanks after the method", line("GET  /query HTTP/1.1"), 400},
      {"two blanks before the version", line("GET /query  HTTP/1.1"), 400},
      {"blank after the version", line("GET /query HTTP/1.1 "), 400},
      {"tab instead of a blank", line("GET\t/query HTTP/1.1"), 400},
      {"blank in the target", line("GET /a b HTTP/1.1"), 400},
      {"NUL in the target", line("GET /a" + nul + "b HTTP/1.1"), 400},
      {"control character in the method", line("G\x01T / HTTP/1.1"), 400},
      {"bracket in the method", line("G(T / HTTP/1.1"), 400},
      {"lower-case protocol", line("GET /query http/1.1"), 400},
      {"protocol without version", line("GET /query HTTP"), 400},
      {"two-digit version", line("GET /query HTTP/1.10"), 400},
      {"version with a sign", line("GET /query HTTP/+1.1"), 400},
      {"HTTP/1.0", line("GET /query HTTP/1.0"), 400},
      {"HTTP/1.2", line("GET /query HTTP/1.2"), 400},
      {"HTTP/2.0", line("GET /query HTTP/2.0"), 505},
      {"HTTP/0.9", line("GET /query HTTP/0.9"), 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"bare LF after the request line", "GET /query HTTP/1.1\nHost: a\r\n\r\n", 400},
      {"bare CR after the request line", "GET /query HTTP/1.1\rHost: a\r\n\r\n", 400},
      {"CR CR LF after the request line", "GET /query HTTP/1.1\r\r\nHost: a\r\n\r\n", 400},
      {"two empty lines before the request", "\r\n\r\n" + line("GET /query HTTP/1.1"), 400},
      {"bare LF before the request", "\n" + line("GET /query HTTP/1.1"), 400},
      {"lower-case method", line("get /query HTTP/1.1"), 501},
      {"unknown method", line("BREW /query HTTP/1.1"), 501},
      {"TRACE", line("TRACE /query HTTP/1.1"), 501},
      {"CONNECT", line("CONNECT a:443 HTTP/1.1"), 400},
      // target
      {"relative target", line("GET query HTTP/1.1"), 400},
      {"fragment", line("GET /query#top HTTP/1.1"), 400},
      {"dot segment", line("GET /files/../query HTTP/1.1"), 400},
      {"encoded dot segment", line("GET /files/%2e%2E/query HTTP/1.1"), 400},
      {"dot segment at the end", line("GET /files/.. HTTP/1.1"), 400},
      {"encoded slash", line("GET /path/a%2fb HTTP/1.1"), 400},
      {"encoded backslash", line("GET /path/a%5Cb HTTP/1.1"), 400},
      {"backslash", line("GET /path\\a HTTP/1.1"), 400},
      {"encoded NUL", line("GET /path/a%00 HTTP/1.1"), 400},
      {"encoded CR LF", line("GET /path/a%0d%0aSet-Cookie:x HTTP/1.1"), 400},
      {"half an escape", line("GET /path/a%2 HTTP/1.1"), 400},
      {"escape that is not hex", line("GET /path/a%zz HTTP/1.1"), 400},
      {"overlong UTF-8", line("GET /path/%c0%ae%c0%ae HTTP/1.1"), 400},
      {"raw byte above 127", line("GET /path/\xc3\xa6 HTTP/1.1"), 400},
      {"asterisk with GET", line("GET * HTTP/1.1"), 400},
      {"absolute form with another scheme", line("GET ftp://a/query HTTP/1.1"), 400},
      {"absolute form without host", line("GET http:///query HTTP/1.1"), 400},
      {"absolute form with user information", line("GET http://u:p@a/query HTTP/1.1"), 400},
      // Host
      {"no Host", "GET /query HTTP/1.1\r\n\r\n", 400},
      {"empty Host", "GET /query HTTP/1.1\r\nHost:\r\n\r\n", 400},
      {"two Hosts", "GET /query HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"the same Host twice", "GET /query HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", 400},
      {"Host with a path", "GET /query HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"Host with user information", "GET /query HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"Host with two names", "GET /query HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"Host with a port that is no number", "GET /query HTTP/1.1\r\nHost: a:http\r\n\r\n", 400},
      // fields
      {"blank before the colon", with_fields("X-A : 1\r\n"), 400},
      {"tab before the colon", with_fields("X-A\t: 1\r\n"), 400},
      {"blank before the first field", "GET /query HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"folded field", with_fields("X-A: 1\r\n 2\r\n"), 400},
      {"folded with a tab", with_fields("X-A: 1\r\n\t2\r\n"), 400},
      {"folded framing", with_fields("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"), 400},
      {"no colon", with_fields("X-A\r\n"), 400},
      {"empty field name", with_fields(": 1\r\n"), 400},
      {"NUL in a value", with_fields("X-A: 1" + nul + "2\r\n"), 400},
      {"NUL in a name", with_fields("X" + nul + "A: 1\r\n"), 400},
      {"bare CR in a value", with_fields("X-A: 1\r2\r\n"), 400},
      {"bare LF ends a field", with_fields("X-A: 1\nX-B: 2\r\n"), 400},
      {"bare LF ends the header", "GET /query HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"DEL in a value", with_fields("X-A: 1\x7f\r\n"), 400},
      {"bracket in a name", with_fields("X[A]: 1\r\n"), 400},
      {"quoted name", with_fields("\"X\": 1\r\n"), 400},
      {"raw byte in a name", with_fields("X\xc3\xa6: 1\r\n"), 400},
      {"two Authorization fields", with_fields("Authorization: a\r\nAuthorization: b\r\n"), 400},
      {"two Content-Type fields", with_fields("Content-Type: text/a\r\nContent-Type: text/b\r\n"), 400},
      {"other expectation", with_fields("Expect: 200-ok\r\n"), 417},
      {"too many fields", with_fields([] {
         std::string fields;
         for (int i = 0; i < 101; ++i) fields += "a" + std::to_string(i) + ": 1\r\n";
         return fields;
       }()),
       431},
      {"one huge field", with_fields("X-A: " + std::string(17 * 1024, 'a') + "\r\n"), 431},
      {"huge request line", line("GET /" + std::string(17 * 1024, 'a') + " HTTP/1.1"), 414},
      // framing by length
      {"length and chunked", with_fields("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"chunked and length", with_fields("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"two lengths", with_fields("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
      {"the same length twice", with_fields("Content-Length: 5\r\nContent-Length: 5\r\n", "hello"), 400},
      {"list of lengths", with_fields("Content-Length: 5, 5\r\n", "hello"), 400},
      {"negative length", with_fields("Content-Length: -1\r\n"), 400},
      {"length with a plus", with_fields("Content-Length: +5\r\n", "hello"), 400},
      {"hexadecimal length", with_fields("Content-Length: 0x5\r\n", "hello"), 400},
      {"length with a fraction", with_fields("Content-Length: 5.0\r\n", "hello"), 400},
      {"length with a blank inside", with_fields("Content-Length: 1 2\r\n", "hello"), 400},
      {"length with an underscore", with_fields("Content-Length: 1_0\r\n", "hello"), 400},
      {"empty length", with_fields("Content-Length:\r\n"), 400},
      {"length above 64 bits", with_fields("Content-Length: 18446744073709551621\r\n", "hello"), 400},
      {"length above the limit", with_fields("Content-Length: 999999999999\r\n"), 413},
      // framing by chunks
      {"coding we do not speak", with_fields("Transfer-Encoding: gzip\r\n"), 400},
      {"coding before chunked", with_fields("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 400},
      {"identity", with_fields("Transfer-Encoding: identity\r\n"), 400},
      {"chunked twice", with_fields("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"), 400},
      {"chunked in two fields",
       with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400},
      {"chunked then identity", with_fields("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"), 400},
      {"misspelt chunked", with_fields("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
      {"chunked in quotes", with_fields("Transfer-Encoding: \"chunked\"\r\n", "0\r\n\r\n"), 400},
      {"chunked with a parameter", with_fields("Transfer-Encoding: chunked;q=1\r\n", "0\r\n\r\n"), 400},
      {"chunked with a vertical tab",
       with_fields("Transfer-Encoding: \x0b"
                   "chunked\r\n",
                   "0\r\n\r\n"),
       400},
      {"empty coding", with_fields("Transfer-Encoding:\r\n", "0\r\n\r\n"), 400},
      {"blank before the colon of the coding", with_fields("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"), 400},
      {"chunk size that is not hex", chunked("g\r\nhello\r\n0\r\n\r\n"), 400},
      {"empty chunk size", chunked("\r\nhello\r\n0\r\n\r\n"), 400},
      {"negative chunk size", chunked("-1\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with a plus", chunked("+5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with 0x", chunked("0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with a blank before", chunked(" 5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with a blank after", chunked("5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size with an underscore", chunked("0_5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size above 64 bits", chunked("10000000000000005\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk above the limit", chunked("7fffffffffffffff\r\nhello\r\n0\r\n\r\n"), 413},
      {"chunk size ended by LF", chunked("5\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size ended by CR", chunked("5\rhello\r\n0\r\n\r\n"), 400},
      {"chunk data longer than its size", chunked("5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"chunk data shorter than its size", chunked("6\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk data ended by LF", chunked("5\r\nhello\n0\r\n\r\n"), 400},
      {"LF in a chunk extension", chunked("5;a\n\r\nhello\r\n0\r\n\r\n"), 400},
      {"bare CR in a chunk extension", chunked("5;a\rb\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk extension without name", chunked("5;=1\r\nhello\r\n0\r\n\r\n"), 400},
      {"blank before a chunk extension", chunked("5 ;a\r\nhello\r\n0\r\n\r\n"), 400},
      {"unclosed quotes in a chunk extension", chunked("5;a=\"b\r\nhello\r\n0\r\n\r\n"), 400},
      {"no last chunk's empty line", chunked("5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n"), 400},
      {"NUL in a chunk extension", chunked("5;a" + nul + "\r\nhello\r\n0\r\n\r\n"), 400},
      {"huge chunk extension", chunked("5;a=" + std::string(40 * 1024, 'x') + "\r\nhello\r\n0\r\n\r\n"), 400},
      {"a body of chunk extensions", chunked([] {
         std::string body;
         for (int i = 0; i < 200; ++i) body += "1;a=" + std::string(100, 'x') + "\r\nh\r\n";
         return body + "0\r\n\r\n";
       }()),
       400},
      {"folded trailer", chunked("0\r\nX-A: 1\r\n 2\r\n\r\n"), 400},
      {"malformed trailer", chunked("0\r\nX A: 1\r\n\r\n"), 400},
      {"huge trailer", chunked("0\r\nX-A: " + std::string(40 * 1024, 'x') + "\r\n\r\n"), 400},
  };
}

inline std::vector<AcceptedRequest> accepted_requests() {
  return {
      {"one empty line before the request", "\r\n" + with_fields("Content-Length: 2\r\n", "ab"), "ab"},
      {"absolute form", "POST http://a/echo HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nab", "ab"},
      {"absolute form in upper case", "POST HTTPS://A:8443/echo HTTP/1.1\r\nHost: b\r\nContent-Length: 2\r\n\r\nab",
       "ab"},
      {"percent-encoded letters", "POST /%65cho HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab", "ab"},
      {"IPv6 host", "POST /echo HTTP/1.1\r\nHost: [::1]:8080\r\nContent-Length: 2\r\n\r\nab", "ab"},
      {"blanks around a value", with_fields("Content-Length: \t 2 \t\r\n", "ab"), "ab"},
      {"no blank before a value", with_fields("Content-Length:2\r\n", "ab"), "ab"},
      {"leading zeros in the length", with_fields("Content-Length: 0002\r\n", "ab"), "ab"},
      {"length zero", with_fields("Content-Length: 0\r\n"), ""},
      {"no length", with_fields(""), ""},
      {"empty value", with_fields("X-A:\r\nContent-Length: 2\r\n", "ab"), "ab"},
      {"bytes above 127 in a value", with_fields("X-A: \xc3\xa6\r\nContent-Length: 2\r\n", "ab"), "ab"},
      {"chunks", chunked("2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"), "abcde"},
      {"chunked in capitals", with_fields("TRANSFER-ENCODING: Chunked\r\n", "2\r\nab\r\n0\r\n\r\n"), "ab"},
      {"upper-case and padded chunk size", chunked("00A\r\n0123456789\r\n000\r\n\r\n"), "0123456789"},
      {"chunk extensions", chunked("2;a;b=c;d=\"e;\\\"f\"\r\nab\r\n0;g\r\n\r\n"), "ab"},
      {"trailers are dropped", chunked("2\r\nab\r\n0\r\nAuthorization: Bearer x\r\nX-A: 1\r\n\r\n"), "ab"},
      {"framing in a trailer is dropped", chunked("2\r\nab\r\n0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n"),
       "ab"},
      {"a body that looks like a request", with_fields("Content-Length: 26\r\n", "GET / HTTP/1.1\r\nHost:a\r\n\r\n"),
       "GET / HTTP/1.1\r\nHost:a\r\n\r\n"},
      {"chunk data that looks like an end", chunked("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), "0\r\n\r\n"},
  };
}

}  // namespace test
