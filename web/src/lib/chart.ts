/** How a trend is drawn: uPlot, in the colours of the page. */
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';

import * as format from './format';
import { clock, date, zoneName, type Zone } from './time/zone';

export interface LineStyle {
  color: string;
  /** A bool is a step between 0 and 1. */
  stepped: boolean;
}

export interface ChartOptions {
  element: HTMLElement;
  lines: LineStyle[];
  width: number;
  height: number;
  zone: Zone;
  /** Charts of one group move their cursors together. */
  group: string;
  onCursor(time: number | null): void;
  onZoom(from: number, to: number): void;
  onZoomOut(): void;
}

/** Columns of a series: average, minimum, maximum. */
const COLUMNS = 3;
const DAY_MS = 86_400_000;

export function createChart(options: ChartOptions): uPlot {
  const style = getComputedStyle(options.element);
  const token = (name: string): string => style.getPropertyValue(name).trim();
  const [muted, line] = [token('--muted'), token('--line')];
  const font = `12px ${style.fontFamily}`;
  const axis: uPlot.Axis = {
    stroke: muted,
    font,
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
  };
  return new uPlot(
    {
      width: options.width,
      height: options.height,
      ms: 1,
      tzDate: (time) => uPlot.tzDate(new Date(time), zoneName(options.zone)),
      legend: { show: false },
      scales: { x: { time: true, auto: false }, y: { range: yRange(options.lines) } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: 80,
          size: 34,
          values: (_, splits, __, ___, step) => timeLabels(splits, step, options.zone),
        },
        {
          ...axis,
          space: 36,
          // The same for every chart, so that charts below each other line up.
          size: 64,
          ...(allBools(options.lines)
            ? { splits: () => [0, 1], values: () => ['false', 'true'] }
            : { values: (_, splits) => splits.map((value) => format.number(value)) }),
        },
      ],
      series: [{}, ...options.lines.flatMap((each) => columns(each, token))],
      bands: options.lines.map(({ color }, index) => ({
        series: [index * COLUMNS + 3, index * COLUMNS + 2],
        fill: `${token(color)}2e`,
      })),
      cursor: {
        sync: { key: options.group },
        drag: { x: true, y: false, setScale: false },
        points: { size: 7, width: 2 },
        bind: {
          dblclick: () => () => {
            options.onZoomOut();
            return null;
          },
        },
      },
      hooks: {
        setCursor: [
          (chart) => {
            const { left } = chart.cursor;
            const over = left !== undefined && left !== null && left >= 0;
            options.onCursor(over ? chart.posToVal(left, 'x') : null);
          },
        ],
        setSelect: [
          (chart) => {
            const { left, width } = chart.select;
            if (width < 4) return;
            options.onZoom(chart.posToVal(left, 'x'), chart.posToVal(left + width, 'x'));
            chart.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          },
        ],
      },
    },
    [[], ...options.lines.flatMap(() => [[], [], []])] as uPlot.AlignedData,
    options.element,
  );
}

function columns({ color, stepped }: LineStyle, token: (name: string) => string): uPlot.Series[] {
  const paths = stepped ? uPlot.paths.stepped?.({ align: 1 }) : uPlot.paths.linear?.();
  const edge: uPlot.Series = { paths, points: { show: false }, width: 0 };
  return [
    { stroke: token(color), width: 1.6, paths, points: { size: 5, fill: token(color) } },
    edge,
    edge,
  ];
}

/** The columns of several series over one axis; a gap in one stays a gap beside the others. */
export function joined(tables: uPlot.AlignedData[]): uPlot.AlignedData | undefined {
  const EXPAND_NULLS = 2;
  if (tables.length < 2) return tables[0];
  return uPlot.join(
    tables,
    tables.map((table) => table.map(() => EXPAND_NULLS)),
  );
}

/** Some room above and below; a constant is drawn in the middle, a bool from 0 to 1. */
function yRange(lines: LineStyle[]): uPlot.Scale.Range {
  const bools = allBools(lines);
  return (_, low, high): uPlot.Range.MinMax => {
    if (bools) return [-0.15, 1.15];
    if (low === null || high === null || !Number.isFinite(low)) return [0, 1];
    const pad = high > low ? (high - low) * 0.12 : Math.max(Math.abs(high) * 0.1, 0.5);
    return [low - pad, high + pad];
  };
}

function allBools(lines: LineStyle[]): boolean {
  return lines.length > 0 && lines.every((line) => line.stepped);
}

function timeLabels(splits: number[], step: number, zone: Zone): string[] {
  let day = '';
  return splits.map((time) => {
    const today = date(time, zone);
    const first = day !== '' && today !== day;
    day = today;
    if (step >= DAY_MS) return today.slice(5);
    const text = clock(time, zone, step < 1_000);
    const short = step >= 60_000 ? text.slice(0, 5) : text;
    return first ? `${short}\n${today.slice(5)}` : short;
  });
}
