#include "gateway/deliver/curl_client.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cctype>
#include <cstring>
#include <map>
#include <mutex>
#include <stdexcept>
#include <unordered_map>

namespace gateway::deliver {

namespace asio = boost::asio;

namespace {

constexpr std::size_t response_headers_limit = 100;
constexpr long kept_connections = 64;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_loopback(const sockaddr& address) {
  if (address.sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &address, sizeof v4);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, &address, sizeof v6);
    bool mapped_loopback = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127;
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) || mapped_loopback;
  }
  return false;
}

struct EasyDeleter {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct ListDeleter {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};
struct MultiDeleter {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

// One request under way. curl holds its address, so it does not move.
struct Transfer {
  HttpClient::Ticket ticket = 0;
  HttpRequest request;
  HttpResponse response;
  HttpClient::Callback done;
  std::unique_ptr<CURL, EasyDeleter> easy;
  std::unique_ptr<curl_slist, ListDeleter> headers;
  bool plain = false;  // http, so loopback only
  bool refused_address = false;
};

// A socket of curl's that the io_context watches. Shared with the pending waits, which may outlive its registration.
struct Watch {
  Watch(asio::io_context& context, int fd) : descriptor(context, fd) {}
  asio::posix::stream_descriptor descriptor;
  int wanted = 0;  // CURL_POLL_IN | CURL_POLL_OUT
  bool reading = false, writing = false, removed = false;
};

curl_socket_t open_socket(void* user, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.plain && !is_loopback(address->addr)) {
    transfer.refused_address = true;
    return CURL_SOCKET_BAD;
  }
  return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

// Returning less than was given ends the transfer: the answer is decided, the rest is not wanted.
std::size_t on_body(char* bytes, std::size_t, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  HttpResponse& response = transfer.response;
  std::size_t room = transfer.request.body_limit - response.body.size();
  response.body.append(bytes, std::min(room, count));
  if (count <= room) return count;
  response.truncated = true;
  return 0;
}

std::size_t on_header(char* bytes, std::size_t, std::size_t count, void* user) {
  HttpResponse& response = static_cast<Transfer*>(user)->response;
  std::string_view line(bytes, count);
  if (line.starts_with("HTTP/")) {  // a new head, after "100 Continue"
    response.headers.clear();
    return count;
  }
  std::size_t colon = line.find(':');
  if (colon == std::string_view::npos || response.headers.size() >= response_headers_limit) return count;
  std::string_view value = line.substr(colon + 1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.front())) != 0) value.remove_prefix(1);
  while (!value.empty() && std::isspace(static_cast<unsigned char>(value.back())) != 0) value.remove_suffix(1);
  response.headers.emplace_back(lower(line.substr(0, colon)), std::string(value));
  return count;
}

template <class T>
void set(CURL* easy, CURLoption option, T value) {
  if (curl_easy_setopt(easy, option, value) != CURLE_OK) throw std::runtime_error("libcurl lacks an option we rely on");
}

void prepare_security(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  set(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  set(easy, CURLOPT_FOLLOWLOCATION, 0L);
  set(easy, CURLOPT_SSL_VERIFYPEER, 1L);
  set(easy, CURLOPT_SSL_VERIFYHOST, 2L);
  set(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  if (!transfer.request.ca.empty()) {
    set(easy, CURLOPT_CAINFO, transfer.request.ca.c_str());
    set(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // the private CA only, not the system's too
  }
  set(easy, CURLOPT_PROXY, "");
  set(easy, CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
}

void prepare_content(Transfer& transfer) {
  CURL* easy = transfer.easy.get();
  const HttpRequest& request = transfer.request;
  set(easy, CURLOPT_URL, request.url.c_str());
  set(easy, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method != "GET") {
    set(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    set(easy, CURLOPT_POSTFIELDS, request.body.c_str());
  }
  curl_slist* list = curl_slist_append(nullptr, "Expect:");  // no waiting for "100 Continue"
  for (const auto& [name, value] : request.headers) list = curl_slist_append(list, (name + ": " + value).c_str());
  transfer.headers.reset(list);
  set(easy, CURLOPT_HTTPHEADER, list);
}

void prepare(Transfer& transfer) {
  transfer.easy.reset(curl_easy_init());
  if (!transfer.easy) throw std::bad_alloc();
  transfer.plain = !lower(transfer.request.url.substr(0, 8)).starts_with("https://");
  prepare_security(transfer);
  prepare_content(transfer);
  CURL* easy = transfer.easy.get();
  set(easy, CURLOPT_PRIVATE, static_cast<void*>(&transfer));
  set(easy, CURLOPT_NOSIGNAL, 1L);
  set(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));  // a broken stream fails one delivery only
  set(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(transfer.request.timeout.count()));
  set(easy, CURLOPT_QUICK_EXIT,
      1L);  // a hanging name look-up is left to its thread instead of blocking ours at the deadline
  set(easy, CURLOPT_WRITEFUNCTION, &on_body);
  set(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
  set(easy, CURLOPT_HEADERFUNCTION, &on_header);
  set(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
}

void conclude(Transfer& transfer, CURLcode code) {
  HttpResponse& response = transfer.response;
  long status = 0;
  curl_easy_getinfo(transfer.easy.get(), CURLINFO_RESPONSE_CODE, &status);
  bool whole = code == CURLE_OK || (code == CURLE_WRITE_ERROR && response.truncated);
  if (whole && status > 0) {
    response.status = static_cast<int>(status);
    return;
  }
  response = HttpResponse();
  response.error =
      transfer.refused_address ? "plain HTTP to an address that is not loopback" : curl_easy_strerror(code);
}

void start_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

}  // namespace

struct CurlClient::Impl : std::enable_shared_from_this<CurlClient::Impl> {
  explicit Impl(asio::io_context& context_) : context(context_), timer(context_) {}
  ~Impl() { shut(); }

  asio::io_context& context;
  asio::steady_timer timer;
  std::unordered_map<Ticket, std::unique_ptr<Transfer>> transfers;
  std::map<curl_socket_t, std::shared_ptr<Watch>> watches;
  std::unique_ptr<CURLM, MultiDeleter> multi;
  Ticket last_ticket = 0;

  void open();
  void shut();
  static int socket_wanted(CURL*, curl_socket_t fd, int what, void* user, void*);
  static int timer_wanted(CURLM*, long timeout_ms, void* user);
  void watch(curl_socket_t fd, int what);
  void wait(const std::shared_ptr<Watch>&, curl_socket_t fd, int direction);
  void act(curl_socket_t fd, int events);
  void hand_over_finished();
};

void CurlClient::Impl::open() {
  multi.reset(curl_multi_init());
  if (!multi) throw std::bad_alloc();
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &Impl::socket_wanted);
  curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &Impl::timer_wanted);
  curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi.get(), CURLMOPT_MAXCONNECTS, kept_connections);
}

void CurlClient::Impl::shut() {
  for (auto& [ticket, transfer] : transfers) curl_multi_remove_handle(multi.get(), transfer->easy.get());
  transfers.clear();
  multi.reset();  // closes kept connections, which unregisters the last sockets
  for (auto& [fd, watched] : watches) {
    watched->removed = true;
    watched->descriptor.release();
  }
  watches.clear();
}

int CurlClient::Impl::socket_wanted(CURL*, curl_socket_t fd, int what, void* user, void*) {
  static_cast<Impl*>(user)->watch(fd, what);
  return 0;
}

int CurlClient::Impl::timer_wanted(CURLM*, long timeout_ms, void* user) {
  auto& self = *static_cast<Impl*>(user);
  if (timeout_ms < 0) {
    self.timer.cancel();
    return 0;
  }
  self.timer.expires_after(std::chrono::milliseconds(timeout_ms));
  self.timer.async_wait([weak = self.weak_from_this()](boost::system::error_code error) {
    auto alive = weak.lock();
    if (alive && !error) alive->act(CURL_SOCKET_TIMEOUT, 0);
  });
  return 0;
}

void CurlClient::Impl::watch(curl_socket_t fd, int what) {
  auto at = watches.find(fd);
  if (what == CURL_POLL_REMOVE) {
    if (at == watches.end()) return;
    at->second->removed = true;
    at->second->descriptor.release();  // curl closes it
    watches.erase(at);
    return;
  }
  if (at == watches.end()) at = watches.emplace(fd, std::make_shared<Watch>(context, fd)).first;
  std::shared_ptr<Watch> watched = at->second;
  watched->wanted = what;
  wait(watched, fd, CURL_POLL_IN);
  wait(watched, fd, CURL_POLL_OUT);
}

// One wait per direction at a time, renewed while curl still wants it.
void CurlClient::Impl::wait(const std::shared_ptr<Watch>& watched, curl_socket_t fd, int direction) {
  bool in = direction == CURL_POLL_IN;
  bool& waiting = in ? watched->reading : watched->writing;
  if (waiting || watched->removed || (watched->wanted & direction) == 0) return;
  waiting = true;
  auto type = in ? asio::posix::descriptor_base::wait_read : asio::posix::descriptor_base::wait_write;
  watched->descriptor.async_wait(
      type, [weak = weak_from_this(), watched, fd, direction, in](boost::system::error_code error) {
        (in ? watched->reading : watched->writing) = false;
        auto alive = weak.lock();
        if (!alive || watched->removed) return;
        if ((watched->wanted & direction) != 0)
          alive->act(fd, error ? CURL_CSELECT_ERR : in ? CURL_CSELECT_IN : CURL_CSELECT_OUT);
        alive->wait(watched, fd, direction);
      });
}

void CurlClient::Impl::act(curl_socket_t fd, int events) {
  int running = 0;
  curl_multi_socket_action(multi.get(), fd, events, &running);
  hand_over_finished();
}

// Callbacks run after curl is done with its own work: they may send again.
void CurlClient::Impl::hand_over_finished() {
  std::vector<std::unique_ptr<Transfer>> finished;
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURLcode code = message->data.result;  // the message is gone once the handle is removed
    CURL* easy = message->easy_handle;
    Transfer* transfer = nullptr;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &transfer);
    conclude(*transfer, code);
    curl_multi_remove_handle(multi.get(), easy);
    auto at = transfers.find(transfer->ticket);
    finished.push_back(std::move(at->second));
    transfers.erase(at);
  }
  for (auto& transfer : finished) transfer->done(std::move(transfer->response));
}

CurlClient::CurlClient(asio::io_context& context) {
  start_libcurl();
  impl_ = std::make_shared<Impl>(context);
  impl_->open();
}

CurlClient::~CurlClient() {
  impl_->shut();
  impl_->timer.cancel();
}

HttpClient::Ticket CurlClient::send(HttpRequest request, Callback done) {
  auto transfer = std::make_unique<Transfer>();
  transfer->ticket = ++impl_->last_ticket;
  transfer->request = std::move(request);
  transfer->done = std::move(done);
  prepare(*transfer);
  Ticket ticket = transfer->ticket;
  CURL* easy = transfer->easy.get();
  impl_->transfers.emplace(ticket, std::move(transfer));
  curl_multi_add_handle(impl_->multi.get(), easy);  // asks for a timer of 0 ms: the work starts from the io_context
  return ticket;
}

void CurlClient::cancel(Ticket ticket) {
  auto at = impl_->transfers.find(ticket);
  if (at == impl_->transfers.end()) return;
  curl_multi_remove_handle(impl_->multi.get(), at->second->easy.get());
  impl_->transfers.erase(at);
}

}  // namespace gateway::deliver
