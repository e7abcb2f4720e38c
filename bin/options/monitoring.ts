/** For those who look on. */
import type { Option } from './option.js';

const MONITORING = 'Monitoring:';

export const MONITORING_OPTIONS: readonly Option[] = [
  {
    name: 'metrics-port',
    kind: 'port',
    group: MONITORING,
    text: 'offer /metrics for Prometheus and /_health at this port; 0 takes a free one',
  },
  {
    name: 'metrics-host',
    kind: 'text',
    group: MONITORING,
    text: 'address for these',
    default: '127.0.0.1',
  },
];
