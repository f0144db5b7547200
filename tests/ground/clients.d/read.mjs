// KafkaJS, which has no LZ4 of its own: lz4js, in plain JavaScript, is its codec here.
import {createRequire} from 'node:module';

const [folder, brokers, topic, wanted] = process.argv.slice(2);
const require = createRequire(`${folder}/`);
const kafkajs = require('kafkajs');
const lz4 = require('lz4js');
console.log('version', require('kafkajs/package.json').version, 'lz4js', require('lz4js/package.json').version);
kafkajs.CompressionCodecs[kafkajs.CompressionTypes.LZ4] = () => ({decompress: async (bytes) => Buffer.from(lz4.decompress(bytes))});

const consumer = new kafkajs.Kafka({brokers: [brokers], logLevel: kafkajs.logLevel.NOTHING}).consumer({groupId: 'clients-kafkajs'});
let events = 0;
let marks = 0;
let ids = 0n;
await consumer.connect();
await consumer.subscribe({topic, fromBeginning: true});
const late = setTimeout(() => { console.log('not all within a minute'); process.exit(1); }, 60000);
await new Promise((done) => {
  consumer.run({eachMessage: async ({message}) => {
    const event = JSON.parse(message.value);
    if (message.key === null) {
      marks += 1;
    } else if (Number.isNaN(Date.parse(event.Datetime))) {
      throw new Error(`no time: ${event.Datetime}`);
    } else {
      events += 1;
      ids += BigInt(event.TripID) % 1000000007n;
    }
    if (events + marks >= Number(wanted)) {
      done();
    }
  }});
});
clearTimeout(late);
console.log(`events ${events} marks ${marks} ids ${ids}`);
await consumer.disconnect();
