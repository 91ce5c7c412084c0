// bare-server: the gateway's service with nothing behind it, on the same gRPC,
// as the yardstick of the benchmarks. SendNamed is answered at once, Call and
// Attach give back what they got, and every SendNamed is an event to each
// watcher. With a child, the messages go through that child and back: see
// RelayService.
//
// Usage: bare-server --port-file FILE [--tls-cert FILE --tls-key FILE
//   --tls-client-ca FILE --tls-client required] [CHILD]
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <atomic>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "server/host/scheduling.h"
#include "tests/bench/relay_service.h"
#include "thespian/gateway/v1/gateway.grpc.pb.h"

namespace thespian::gateway::bench {
namespace {

constexpr int kMaxStreams = 10'000;
constexpr int kStreamWindowBytes = 256 << 10;
constexpr int kKeepaliveMs = 30'000;
constexpr char kEndpoint[] = "default";

// --- Attach ----------------------------------------------------------------

class EchoReactor final
    : public grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse> {
 public:
  EchoReactor() {
    StartSendInitialMetadata();
    StartRead(&request_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    response_.Clear();
    for (v1::ActorCommand& command : *request_.mutable_commands()) {
      Answer(command);
    }
    StartWrite(&response_);
  }
  void OnWriteDone(bool ok) override {
    if (!ok) return Finish(grpc::Status::OK);
    StartRead(&request_);
  }
  void OnDone() override { delete this; }

 private:
  void Answer(v1::ActorCommand& command) {
    v1::ActorEvent& event = *response_.add_events();
    event.set_sequence(++sequence_);
    if (command.has_open()) {
      event.mutable_opened()->set_actor_id(1);
      return;
    }
    auto& delivery = *event.mutable_delivery();
    delivery.set_endpoint(kEndpoint);
    delivery.set_incarnation(1);
    delivery.set_from_id(1);
    delivery.mutable_payload()->Swap(
        command.mutable_send_named()->mutable_payload());
  }

  v1::AttachRequest request_;
  v1::AttachResponse response_;
  uint64_t sequence_ = 0;
};

// --- WatchProxies ----------------------------------------------------------

class WatchReactor;

// Who watches, and how much there is to see.
class Watchers {
 public:
  void Add(WatchReactor* watcher);
  void Remove(WatchReactor* watcher);
  void AddEvent();
  uint64_t events() const { return events_; }

 private:
  std::mutex mutex_;
  std::set<WatchReactor*> all_;
  std::atomic<uint64_t> events_ = 0;
};

// Whatever waits goes out as one response.
class WatchReactor final
    : public grpc::ServerWriteReactor<v1::WatchProxiesResponse> {
 public:
  explicit WatchReactor(Watchers& watchers)
      : watchers_(watchers), told_(watchers.events()) {
    StartSendInitialMetadata();
    watchers_.Add(this);
  }

  void Wake() {
    const std::lock_guard lock(mutex_);
    if (!writing_) WriteLocked();
  }
  void OnWriteDone(bool ok) override {
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) WriteLocked();
  }
  void OnCancel() override {
    watchers_.Remove(this);
    Finish(grpc::Status::CANCELLED);
  }
  void OnDone() override { delete this; }

 private:
  void WriteLocked() {
    constexpr int kMostEvents = 256;
    const uint64_t events = watchers_.events();
    if (told_ == events) return;
    response_.Clear();
    while (told_ < events && response_.events_size() < kMostEvents) AddEvent();
    writing_ = true;
    StartWrite(&response_);
  }
  // As the gateway tells of a message that was sent by name.
  void AddEvent() {
    v1::ProxyEvent& event = *response_.add_events();
    event.set_sequence(++told_);
    event.mutable_time()->set_seconds(1'700'000'000);
    event.mutable_time()->set_nanos(123'456'789);
    event.set_endpoint(kEndpoint);
    event.set_incarnation(1);
    event.mutable_message_sent()->set_to_name("counter");
    event.mutable_message_sent()->set_size(64);
  }

  Watchers& watchers_;
  std::mutex mutex_;
  v1::WatchProxiesResponse response_;
  uint64_t told_;
  bool writing_ = false;
};

void Watchers::Add(WatchReactor* watcher) {
  const std::lock_guard lock(mutex_);
  all_.insert(watcher);
}

void Watchers::Remove(WatchReactor* watcher) {
  const std::lock_guard lock(mutex_);
  all_.erase(watcher);
}

void Watchers::AddEvent() {
  ++events_;
  const std::lock_guard lock(mutex_);
  for (WatchReactor* watcher : all_) watcher->Wake();
}

// --- The service -----------------------------------------------------------

class BareService final : public v1::GatewayService::CallbackService {
 public:
  grpc::ServerUnaryReactor* SendNamed(
      grpc::CallbackServerContext* context, const v1::SendNamedRequest*,
      v1::SendNamedResponse* response) override {
    response->set_incarnation(1);
    watchers_.AddEvent();
    return Finished(context);
  }
  grpc::ServerUnaryReactor* Call(grpc::CallbackServerContext* context,
                                 const v1::CallRequest* request,
                                 v1::CallResponse* response) override {
    response->set_from_id(1);
    response->set_incarnation(1);
    *response->mutable_payload() = request->payload();
    return Finished(context);
  }
  grpc::ServerBidiReactor<v1::AttachRequest, v1::AttachResponse>* Attach(
      grpc::CallbackServerContext*) override {
    return new EchoReactor;
  }
  grpc::ServerWriteReactor<v1::WatchProxiesResponse>* WatchProxies(
      grpc::CallbackServerContext*, const v1::WatchProxiesRequest*) override {
    return new WatchReactor(watchers_);
  }

 private:
  static grpc::ServerUnaryReactor* Finished(
      grpc::CallbackServerContext* context) {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  Watchers watchers_;
};

struct Options {
  std::string port_file;
  std::string certificate;  // empty: no TLS
  std::string key;
  std::string client_ca;
  std::string client_certificates;
  std::string child;  // empty: none
};

std::string TextOf(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::shared_ptr<grpc::ServerCredentials> CredentialsOf(const Options& options) {
  if (options.certificate.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions tls(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = TextOf(options.client_ca);
  tls.pem_key_cert_pairs.push_back(
      {TextOf(options.key), TextOf(options.certificate)});
  return grpc::SslServerCredentials(tls);
}

// With the gateway's settings, as far as they cost or save time.
std::unique_ptr<grpc::Server> Serve(grpc::Service& service,
                                    const Options& options, int& port) {
  grpc::ServerBuilder builder;
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_BDP_PROBE, 0);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES,
                             kStreamWindowBytes);
  builder.AddListeningPort("127.0.0.1:0", CredentialsOf(options), &port);
  builder.RegisterService(&service);
  return builder.BuildAndStart();
}

sigset_t EndSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

int RunService(grpc::Service& service, const Options& options,
               const sigset_t& signals) {
  int port = 0;
  const std::unique_ptr<grpc::Server> server = Serve(service, options, port);
  if (server == nullptr || port == 0) return 70;
  std::ofstream(options.port_file) << "127.0.0.1:" << port << std::endl;
  int signal = 0;
  sigwait(&signals, &signal);
  server->Shutdown(std::chrono::system_clock::now());
  return 0;
}

int Run(const Options& options) {
  // Before there are threads, which inherit both.
  const sigset_t signals = EndSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  if (!Use(Scheduling::kBatch).ok()) {
    std::fputs("bare-server: SCHED_BATCH can't be used\n", stderr);
    return 70;
  }
  if (options.child.empty()) {
    BareService service;
    return RunService(service, options, signals);
  }
  RelayService service(options.child.c_str());
  return RunService(service, options, signals);
}

int Main(int argc, char** argv) {
  Options options;
  CLI::App app("The gateway's service with nothing behind it.");
  app.add_option("--port-file", options.port_file)->required();
  CLI::Option* tls = app.add_option("--tls-cert", options.certificate);
  for (const auto& [name, value] :
       {std::pair("--tls-key", &options.key),
        std::pair("--tls-client-ca", &options.client_ca),
        std::pair("--tls-client", &options.client_certificates)}) {
    CLI::Option* option = app.add_option(name, *value)->needs(tls);
    tls->needs(option);
  }
  app.get_option("--tls-client")->check(CLI::IsMember({"required"}));
  app.add_option("CHILD", options.child);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;
  }
  return Run(options);
}

}  // namespace
}  // namespace thespian::gateway::bench

int main(int argc, char** argv) {
  return thespian::gateway::bench::Main(argc, argv);
}
