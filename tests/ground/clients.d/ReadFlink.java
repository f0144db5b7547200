// Flink SQL on the topic. Its JSON format reads no time with an offset, so Datetime is text there and a computed column makes the event time.
import java.nio.file.Files;
import java.nio.file.Path;

import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.TableEnvironment;

public class ReadFlink {
    // How it fails to read a time with an offset, in either of its two forms.
    static void guess(TableEnvironment flink, String standard, String brokers, String topic) {
        flink.executeSql("CREATE TEMPORARY TABLE guess (`Datetime` TIMESTAMP_LTZ(3)) WITH ('connector' = 'kafka', 'topic' = '" + topic + "',"
            + " 'properties.bootstrap.servers' = '" + brokers + "', 'scan.startup.mode' = 'earliest-offset',"
            + " 'scan.bounded.mode' = 'latest-offset', 'format' = 'json', 'json.timestamp-format.standard' = '" + standard + "')");
        try {
            flink.executeSql("SELECT COUNT(`Datetime`) FROM guess").print();
            System.out.println("Datetime TIMESTAMP_LTZ(3), " + standard + ": was read, which is new");
        } catch (Exception e) {
            Throwable cause = e;
            while (cause.getCause() != null && !String.valueOf(cause.getMessage()).contains("at field")) {
                cause = cause.getCause();
            }
            System.out.println("Datetime TIMESTAMP_LTZ(3), " + standard + ": " + cause.getMessage());
        }
        flink.executeSql("DROP TEMPORARY TABLE guess");
    }

    public static void main(String[] args) throws Exception {
        var flink = TableEnvironment.create(EnvironmentSettings.inBatchMode());
        System.out.println("version " + org.apache.flink.runtime.util.EnvironmentInformation.getVersion());
        guess(flink, "ISO-8601", args[0], args[1]);
        guess(flink, "SQL", args[0], args[1]);
        // The statement of docs/compatibility.md, for this broker and topic, to the end of the log.
        String recipe = Files.readString(Path.of(args[2])).replace("127.0.0.1:9092", args[0]).replace("'topic' = 'trips'", "'topic' = '" + args[1] + "'")
            .replace("'format'", "'scan.bounded.mode' = 'latest-offset', 'format'");
        flink.executeSql(recipe);
        try (var rows = flink.executeSql("SELECT COUNT(`at`), SUM(CASE WHEN `Status` = 'closed' THEN 1 ELSE 0 END),"
                + " SUM(MOD(`TripID`, CAST(1000000007 AS BIGINT))), MIN(UNIX_TIMESTAMP(`Datetime`, 'yyyy-MM-dd''T''HH:mm:ssXXX')) FROM trips").collect()) {
            var row = rows.next();
            System.out.println("first_s " + row.getField(3));
            System.out.println("events " + row.getField(0) + " marks " + row.getField(1) + " ids " + row.getField(2));
        }
        var stream = TableEnvironment.create(EnvironmentSettings.inStreamingMode());
        stream.executeSql(recipe);
        long windows = 0, events = 0;
        try (var rows = stream.executeSql("SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE trips, DESCRIPTOR(`at`), INTERVAL '15' MINUTES))"
                + " WHERE `TripID` IS NOT NULL GROUP BY window_start, window_end").collect()) {
            while (rows.hasNext()) {
                windows++;
                events += (long) rows.next().getField(1);
            }
        }
        System.out.println("windows of 15 minutes " + windows + ", events in them " + events);
        System.exit(0);
    }
}
