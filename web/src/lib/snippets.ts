/** The first message, in what people have at hand, filled in with this server's addresses. */
import type { Info } from './api/types';

export const FIRST_TOPIC = 'factory/line1/press';
export const FIRST_PAYLOAD = '{"temp":21.5,"state":"run","ok":true}';

export interface Snippet {
  id: string;
  label: string;
  code: string;
}

/** Where a client reaches MQTT: the host of this page, with the port that the server told. */
export function mqttAddress(info: Info | null, hostname: string): { host: string; port: number } {
  const told = info?.mqtt.tcp ?? '';
  const port = Number(/:(\d+)$/.exec(told)?.[1] ?? 1883);
  return { host: hostname, port };
}

export function snippets(info: Info | null, page: { hostname: string; origin: string }): Snippet[] {
  const { host, port } = mqttAddress(info, page.hostname);
  return [
    {
      id: 'mosquitto',
      label: 'mosquitto_pub',
      code: `mosquitto_pub -h ${host} -p ${port} -q 1 -t ${FIRST_TOPIC} \\\n  -m '${FIRST_PAYLOAD}'`,
    },
    {
      id: 'curl',
      label: 'curl',
      code: `curl '${page.origin}/api/v1/publish?topic=${FIRST_TOPIC}' \\\n  --data '${FIRST_PAYLOAD}'`,
    },
    {
      id: 'python',
      label: 'Python',
      code: `# pip install paho-mqtt
from paho.mqtt import publish

publish.single(
    "${FIRST_TOPIC}",
    '${FIRST_PAYLOAD}',
    qos=1, hostname="${host}", port=${port},
)`,
    },
  ];
}
