// What happened since the start, in numbers, and how Prometheus reads them (text format 0.0.4). It knows no address,
// room or peer: labels come from our own closed lists, so a client can neither put its words here nor make more rows.
import type { CloseReason } from "./frames.ts";

/** How a connection ended: by a reason of ours, by the other end, or by silence. */
export type Ending = CloseReason | "GoingAway" | "Left" | "BadWebSocket" | "NoAnswer";

export class Counters {
  opened = 0;
  readonly closed = new Map<Ending, number>();
  /** WebSocket upgrades refused, by HTTP status. */
  readonly refused = new Map<number, number>();
  /** Plain HTTP answers, by status. */
  readonly answered = new Map<number, number>();
  /** Sockets dropped before they said anything, because their address has too many. */
  dropped = 0;
  received = 0;
  relayed = 0;
  relayedBytes = 0;
  unreachable = 0;
}

/** What is so now. */
export interface Gauges {
  readonly connections: number;
  readonly rooms: number;
  readonly bufferedBytes: number;
  readonly isReady: boolean;
  /** Other instances heard of lately. */
  readonly instances: number;
}

export function increment<Key>(counts: Map<Key, number>, key: Key): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

export function metricsText(counters: Counters, gauges: Gauges): string {
  const { user, system } = process.cpuUsage();
  return [
    gauge("chirograph_connections", "WebSockets open now.", gauges.connections),
    gauge("chirograph_rooms", "Rooms with somebody connected here.", gauges.rooms),
    gauge("chirograph_buffered_bytes", "Bytes waiting for receivers.", gauges.bufferedBytes),
    gauge("chirograph_ready", "1 if /readyz answers 200.", gauges.isReady ? 1 : 0),
    gauge("chirograph_instances", "Other instances heard of lately through Redis.", gauges.instances),
    counter("chirograph_connections_opened_total", "WebSockets opened.", counters.opened),
    labelled("chirograph_connections_closed_total", "WebSockets ended.", "reason", counters.closed),
    labelled("chirograph_upgrades_refused_total", "WebSockets refused.", "status", counters.refused),
    counter("chirograph_sockets_dropped_total", "Sockets above an address's share.", counters.dropped),
    counter("chirograph_frames_received_total", "Frames from browsers.", counters.received),
    counter("chirograph_frames_relayed_total", "Payloads handed to browsers.", counters.relayed),
    counter("chirograph_bytes_relayed_total", "Bytes of those payloads.", counters.relayedBytes),
    counter("chirograph_frames_unreachable_total", "Payloads that reached nobody.", counters.unreachable),
    labelled("chirograph_http_answers_total", "Plain HTTP answers.", "status", counters.answered),
    gauge("process_resident_memory_bytes", "Resident memory.", process.memoryUsage.rss()),
    counter("process_cpu_seconds_total", "CPU time.", (user + system) / 1e6),
    gauge("process_start_time_seconds", "Unix time of the start.", Date.now() / 1000 - process.uptime()),
  ].join("");
}

function gauge(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
}

function counter(name: string, help: string, value: number): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${name} ${value}\n`;
}

function labelled(name: string, help: string, label: string, counts: ReadonlyMap<unknown, number>): string {
  const rows = [...counts].map(([value, count]) => `${name}{${label}="${value}"} ${count}\n`).sort();
  return `# HELP ${name} ${help}\n# TYPE ${name} counter\n${rows.join("")}`;
}
