// Every call of the contract from Java: EveryCall ADDRESS IMAGE PID. Prints `ok - NAME` or `not ok - NAME: WHY`.
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.rpc.ErrorInfo;
import io.clipgrpc.v1.*;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

public final class EveryCall {
    private static final int FRAMES = 50;
    private static final int SECONDS = 120;
    private static final Metadata.Key<byte[]> DETAILS =
            Metadata.Key.of("grpc-status-details-bin", Metadata.BINARY_BYTE_MARSHALLER);

    private static boolean failed;

    private interface Test {
        void run() throws Exception;
    }

    /** What a stream received: messages, then null or the error that ended it. */
    private static final class Received<T> implements StreamObserver<T> {
        private final BlockingQueue<Object> events = new LinkedBlockingQueue<>();

        @Override
        public void onNext(T message) {
            events.add(message);
        }

        @Override
        public void onError(Throwable error) {
            events.add(Status.fromThrowable(error));
        }

        @Override
        public void onCompleted() {
            events.add(Status.OK);
        }

        /** A message, or the status at the end. */
        Object next() throws InterruptedException {
            Object event = events.poll(SECONDS, TimeUnit.SECONDS);
            expect(event != null, "nothing arrived in time");
            return event;
        }
    }

    public static void main(String[] arguments) throws Exception {
        ManagedChannel channel =
                Grpc.newChannelBuilder(arguments[0], InsecureChannelCredentials.create()).build();
        var clip = ClipServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        var models = ModelServiceGrpc.newBlockingStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        var streams = ClipServiceGrpc.newStub(channel).withDeadlineAfter(SECONDS, TimeUnit.SECONDS);
        Image image = Image.newBuilder()
                .setEncoded(ByteString.copyFrom(Files.readAllBytes(Path.of(arguments[1])))).build();
        Input imageInput = Input.newBuilder().setImage(image).build();
        Input text = Input.newBuilder().setText("a cat").build();
        LabelSet labels = LabelSet.newBuilder().addLabels("cat").addLabels("dog").build();
        ClassifyStreamRequest config = ClassifyStreamRequest.newBuilder()
                .setConfig(ClassifyStreamConfig.newBuilder().setLabelSet(labels)).build();

        check("Embed, and the detail of an item's error", () -> {
            Input noImage = Input.newBuilder()
                    .setImage(Image.newBuilder().setEncoded(ByteString.copyFromUtf8("no"))).build();
            EmbedResponse response = clip.embed(
                    EmbedRequest.newBuilder().addAllInputs(List.of(text, imageInput, noImage)).build());
            expect(response.getResults(1).getEmbedding().getValuesCount() == 128, "dimensions");
            String reason = reason(response.getResults(2).getError());
            expect(reason.equals("UNSUPPORTED_IMAGE"), reason);
        });
        check("CreateLabelSet and Classify", () -> {
            String id = clip.createLabelSet(
                    CreateLabelSetRequest.newBuilder().setLabelSet(labels).build()).getId();
            ClassifyResponse response = clip.classify(
                    ClassifyRequest.newBuilder().addImages(image).setLabelSetId(id).build());
            expect(response.getResults(0).getPredictionsCount() == 2, "predictions");
        });
        check("Rank", () -> {
            RankResponse response = clip.rank(
                    RankRequest.newBuilder().setQuery(text).addCandidates(imageInput).build());
            expect(response.getRankedCount() == 1, "ranked");
        });
        check("EmbedStream", () -> {
            var received = new Received<EmbedStreamResponse>();
            var requests = streams.embedStream(received);
            for (int i = 0; i < 9; i++) {
                requests.onNext(EmbedStreamRequest.newBuilder().setId("" + i).setInput(text).build());
            }
            requests.onCompleted();
            Set<String> ids = new HashSet<>();
            Object event = received.next();
            for (; event instanceof EmbedStreamResponse; event = received.next()) {
                ids.add(((EmbedStreamResponse) event).getId());
            }
            expect(event == Status.OK && ids.size() == 9, ids + " " + event);
        });
        check("a ClassifyStream of 50 frames, in order", () -> {
            var received = new Received<ClassifyStreamResponse>();
            var requests = streams.classifyStream(received);
            requests.onNext(config);
            for (int i = 0; i < FRAMES; i++) {
                requests.onNext(frame(i, image));
            }
            requests.onCompleted();
            for (int i = 0; i < FRAMES; i++) {
                ClassifyStreamResponse response = (ClassifyStreamResponse) received.next();
                expect(response.getFrameId() == i && response.getPredictionsCount() == 2, response.toString());
            }
            expect(received.next() == Status.OK, "the end");
        });
        check("ListModels and GetModel", () -> {
            Model listed = models.listModels(ListModelsRequest.getDefaultInstance()).getModels(0);
            expect(models.getModel(GetModelRequest.getDefaultInstance()).equals(listed), listed.toString());
        });
        check("LoadModel and UnloadModel, and the detail of a call's error", () -> {
            String load = reasonOfFailure(
                    () -> models.loadModel(LoadModelRequest.newBuilder().setSource("demo").build()));
            String unload = reasonOfFailure(
                    () -> models.unloadModel(UnloadModelRequest.newBuilder().setName("demo").build()));
            expect(load.equals("ROLE_MISSING") && unload.equals("ROLE_MISSING"), load + " " + unload);
        });
        check("a stream that SIGTERM meets ends with UNAVAILABLE", () -> {
            var received = new Received<ClassifyStreamResponse>();
            var requests = streams.classifyStream(received);
            requests.onNext(config);
            requests.onNext(frame(0, image));
            expect(received.next() instanceof ClassifyStreamResponse, "the first response");
            new ProcessBuilder("kill", "-TERM", arguments[2]).inheritIO().start().waitFor();
            Object event = received.next();
            expect(event instanceof Status && ((Status) event).getCode() == Status.Code.UNAVAILABLE, "" + event);
        });
        channel.shutdownNow();
        System.exit(failed ? 1 : 0);
    }

    private static void check(String name, Test test) {
        try {
            test.run();
            System.out.println("ok - Java: " + name);
        } catch (Exception error) {
            failed = true;
            System.out.println("not ok - Java: " + name + ": " + error.toString().replace('\n', ' '));
        }
    }

    private static void expect(boolean ok, String what) {
        if (!ok) {
            throw new IllegalStateException(what);
        }
    }

    private static ClassifyStreamRequest frame(int id, Image image) {
        return ClassifyStreamRequest.newBuilder().setFrame(Frame.newBuilder().setFrameId(id).setImage(image)).build();
    }

    private static String reason(com.google.rpc.Status status) throws Exception {
        for (Any detail : status.getDetailsList()) {
            if (detail.is(ErrorInfo.class)) {
                return detail.unpack(ErrorInfo.class).getReason();
            }
        }
        return "";
    }

    private static String reasonOfFailure(Test call) throws Exception {
        try {
            call.run();
        } catch (StatusRuntimeException error) {
            return reason(com.google.rpc.Status.parseFrom(error.getTrailers().get(DETAILS)));
        }
        return "(the call succeeded)";
    }
}
