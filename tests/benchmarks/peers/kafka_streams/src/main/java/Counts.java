import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.Stores;

/**
 * Counts and sums of feedback events by service, kind and day, and by service, district, kind and month.
 *
 * The topic is keyed by service, which both groupings begin with: the Processor API counts without a repartition topic.
 * Arguments: bootstrap servers, application id, state folder, milliseconds between commits.
 */
public final class Counts {
    static final String TOPIC = "civicloop.feedback.v1";
    static final String DAYS = "days";
    static final String MONTHS = "months";
    static final JsonFactory JSON = new JsonFactory();

    /** What is read of an event; everything else is skipped. */
    static final class Event {
        String service = "";
        String district = "";
        String moment = "";
        String opened = "";
        long value;

        static Event of(byte[] data) {
            Event event = new Event();
            try (JsonParser parser = JSON.createParser(data)) {
                parser.nextToken();
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    String name = parser.currentName();
                    parser.nextToken();
                    switch (name) {
                        case "service_id" -> event.service = parser.getText();
                        case "district_id" -> event.district = parser.getText();
                        case "given_at", "closed_at" -> event.moment = parser.getText();
                        case "opened_at" -> event.opened = parser.getText();
                        case "value" -> event.value = parser.getLongValue();
                        default -> parser.skipChildren();
                    }
                }
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
            return event;
        }

        /** The seconds that a request was open. */
        long seconds() {
            return Instant.parse(moment).getEpochSecond() - Instant.parse(opened).getEpochSecond();
        }
    }

    static final class Counting implements Processor<byte[], byte[], Void, Void> {
        private KeyValueStore<String, byte[]> days;
        private KeyValueStore<String, byte[]> months;

        @Override
        public void init(ProcessorContext<Void, Void> context) {
            days = context.getStateStore(DAYS);
            months = context.getStateStore(MONTHS);
        }

        @Override
        public void process(Record<byte[], byte[]> record) {
            String type = new String(record.headers().lastHeader("ce_type").value(), StandardCharsets.UTF_8);
            Event event = Event.of(record.value());
            String kind;
            long amount;
            switch (type) {
                case "feedback.rating.given.v1" -> {
                    kind = "rated";
                    amount = event.value;
                }
                case "feedback.request.opened.v1" -> {
                    kind = "opened";
                    amount = 0;
                    event.moment = event.opened;
                }
                default -> {
                    kind = "closed";
                    amount = event.seconds();
                }
            }
            add(days, event.service + "|" + kind + "|" + event.moment.substring(0, 10), amount);
            add(months, event.service + "|" + event.district + "|" + kind + "|" + event.moment.substring(0, 7), amount);
        }

        private static void add(KeyValueStore<String, byte[]> store, String key, long amount) {
            byte[] before = store.get(key);
            ByteBuffer held = before == null ? ByteBuffer.allocate(16) : ByteBuffer.wrap(before);
            byte[] after = ByteBuffer.allocate(16).putLong(held.getLong(0) + 1).putLong(held.getLong(8) + amount).array();
            store.put(key, after);
        }
    }

    static Topology topology() {
        Topology topology = new Topology();
        topology.addSource("feedback", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(), TOPIC);
        topology.addProcessor("counting", Counting::new, "feedback");
        for (String name : new String[] {DAYS, MONTHS}) {
            var store = Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(name), Serdes.String(), Serdes.ByteArray());
            topology.addStateStore(store.withCachingEnabled().withLoggingEnabled(Map.of()), "counting");
        }
        return topology;
    }

    public static void main(String[] arguments) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, arguments[1]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, Path.of(arguments[2]).toString());
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, arguments[3]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 2);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, 128L << 20);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), 10_000);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG), 4 << 20);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.GROUP_INSTANCE_ID_CONFIG), arguments[1]);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), 6_000);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), 256 << 10);
        KafkaStreams streams = new KafkaStreams(topology(), settings);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }
}
