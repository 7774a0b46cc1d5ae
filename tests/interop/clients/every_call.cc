// Every call of the contract from C++: every_call ADDRESS IMAGE PID. Prints `ok - NAME` or `not ok - NAME: WHY`.
#include <signal.h>

#include <chrono>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

#include <google/protobuf/util/message_differencer.h>
#include <grpcpp/grpcpp.h>

#include "clipgrpc/v1/clip.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

using namespace clipgrpc::v1;

namespace {

constexpr int kFrames = 50;
bool failed = false;

void Check(const std::string& name, const std::function<void()>& test) {
  try {
    test();
    std::cout << "ok - C++: " << name << std::endl;
  } catch (const std::exception& error) {
    failed = true;
    std::cout << "not ok - C++: " << name << ": " << error.what() << std::endl;
  }
}

void Expect(bool ok, const std::string& what) {
  if (!ok) throw std::runtime_error(what);
}

void ExpectOk(const grpc::Status& status) { Expect(status.ok(), status.error_message()); }

std::string Reason(const google::rpc::Status& status) {
  for (const auto& detail : status.details()) {
    google::rpc::ErrorInfo info;
    if (detail.UnpackTo(&info) && info.domain() == "clipgrpc") return info.reason();
  }
  return "";
}

std::string Reason(const grpc::Status& status) {
  google::rpc::Status details;
  Expect(details.ParseFromString(status.error_details()), "the details are not a google.rpc.Status");
  return Reason(details);
}

std::unique_ptr<grpc::ClientContext> Context() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(2));
  return context;
}

ClassifyStreamRequest ConfigRequest() {
  ClassifyStreamRequest request;
  auto* labels = request.mutable_config()->mutable_label_set();
  labels->add_labels("cat");
  labels->add_labels("dog");
  return request;
}

ClassifyStreamRequest FrameRequest(int id, const std::string& image) {
  ClassifyStreamRequest request;
  request.mutable_frame()->set_frame_id(id);
  request.mutable_frame()->mutable_image()->set_encoded(image);
  return request;
}

}  // namespace

int main(int, char** arguments) {
  std::ifstream file(arguments[2], std::ios::binary);
  const std::string image((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto channel = grpc::CreateChannel(arguments[1], grpc::InsecureChannelCredentials());
  auto clip = ClipService::NewStub(channel);
  auto models = ModelService::NewStub(channel);

  Check("Embed, and the detail of an item's error", [&] {
    EmbedRequest request;
    EmbedResponse response;
    request.add_inputs()->set_text("a cat");
    request.add_inputs()->mutable_image()->set_encoded(image);
    request.add_inputs()->mutable_image()->set_encoded("no");
    ExpectOk(clip->Embed(Context().get(), request, &response));
    Expect(response.results(1).embedding().values_size() == 128, "dimensions");
    Expect(Reason(response.results(2).error()) == "UNSUPPORTED_IMAGE", Reason(response.results(2).error()));
  });
  Check("CreateLabelSet and Classify", [&] {
    CreateLabelSetRequest make;
    CreateLabelSetResponse made;
    *make.mutable_label_set() = ConfigRequest().config().label_set();
    ExpectOk(clip->CreateLabelSet(Context().get(), make, &made));
    ClassifyRequest request;
    ClassifyResponse response;
    request.add_images()->set_encoded(image);
    request.set_label_set_id(made.id());
    ExpectOk(clip->Classify(Context().get(), request, &response));
    Expect(response.results(0).predictions_size() == 2, "predictions");
  });
  Check("Rank", [&] {
    RankRequest request;
    RankResponse response;
    request.mutable_query()->set_text("a cat");
    request.add_candidates()->mutable_image()->set_encoded(image);
    ExpectOk(clip->Rank(Context().get(), request, &response));
    Expect(response.ranked_size() == 1, "ranked");
  });
  Check("EmbedStream", [&] {
    auto context = Context();
    auto stream = clip->EmbedStream(context.get());
    for (int i = 0; i < 9; i++) {
      EmbedStreamRequest request;
      request.set_id(std::to_string(i));
      request.mutable_input()->set_text("a cat");
      Expect(stream->Write(request), "write");
    }
    stream->WritesDone();
    std::set<std::string> ids;
    for (EmbedStreamResponse response; stream->Read(&response);) ids.insert(response.id());
    ExpectOk(stream->Finish());
    Expect(ids.size() == 9, "ids");
  });
  Check("a ClassifyStream of 50 frames, in order", [&] {
    auto context = Context();
    auto stream = clip->ClassifyStream(context.get());
    std::thread writer([&] {
      stream->Write(ConfigRequest());
      for (int i = 0; i < kFrames; i++) stream->Write(FrameRequest(i, image));
      stream->WritesDone();
    });
    bool ordered = true;
    int count = 0;
    for (ClassifyStreamResponse response; stream->Read(&response); count++) {
      ordered &= response.frame_id() == static_cast<uint64_t>(count) && response.predictions_size() == 2;
    }
    writer.join();
    ExpectOk(stream->Finish());
    Expect(ordered && count == kFrames, std::to_string(count) + " responses");
  });
  Check("ListModels and GetModel", [&] {
    ListModelsResponse listed;
    Model got;
    ExpectOk(models->ListModels(Context().get(), {}, &listed));
    ExpectOk(models->GetModel(Context().get(), {}, &got));
    Expect(google::protobuf::util::MessageDifferencer::Equals(got, listed.models(0)), got.ShortDebugString());
  });
  Check("LoadModel and UnloadModel, and the detail of a call's error", [&] {
    LoadModelRequest load;
    UnloadModelRequest unload;
    Model model;
    UnloadModelResponse unloaded;
    load.set_source("demo");
    unload.set_name("demo");
    Expect(Reason(models->LoadModel(Context().get(), load, &model)) == "ROLE_MISSING", "LoadModel");
    Expect(Reason(models->UnloadModel(Context().get(), unload, &unloaded)) == "ROLE_MISSING", "UnloadModel");
  });
  Check("a stream that SIGTERM meets ends with UNAVAILABLE", [&] {
    auto context = Context();
    auto stream = clip->ClassifyStream(context.get());
    ClassifyStreamResponse response;
    Expect(stream->Write(ConfigRequest()) && stream->Write(FrameRequest(0, image)), "write");
    Expect(stream->Read(&response), "the first response");
    kill(std::stoi(arguments[3]), SIGTERM);
    while (stream->Read(&response)) {
    }
    const auto status = stream->Finish();
    Expect(status.error_code() == grpc::StatusCode::UNAVAILABLE, std::to_string(status.error_code()));
  });
  return failed ? 1 : 0;
}
