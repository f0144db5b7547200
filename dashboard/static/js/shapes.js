// The chart type "zones": chartjs-chart-geo's choropleth with shapes that draw themselves as paths. The library's own draw each
// shape into a canvas of its own and reckon on the sphere: 263 of them hold a browser up for half a second.

const {Chart, ChartGeo} = globalThis;
const probe = document.createElement('canvas').getContext('2d');

const rings = ({type, coordinates}) => type === 'MultiPolygon' ? coordinates.flat() : coordinates;

class ZoneShape extends ChartGeo.GeoFeature {
  path() {
    if (!this.cache?.path) {
      const {projection} = this.projectionScale;
      const path = new Path2D();
      for (const ring of rings(this.feature.geometry)) {
        ring.forEach((point, i) => path[i === 0 ? 'moveTo' : 'lineTo'](...projection(point)));
        path.closePath();
      }
      this.cache = {...this.cache, path};
    }
    return this.cache.path;
  }

  draw(pen) {
    pen.fillStyle = this.options.backgroundColor;
    pen.strokeStyle = this.options.borderColor;
    pen.lineWidth = this.options.borderWidth;
    pen.fill(this.path(), 'evenodd'); // holes, whichever way their rings run
    pen.stroke(this.path());
  }

  inRange(x, y) {
    return probe.isPointInPath(this.path(), x, y, 'evenodd');
  }
}
ZoneShape.id = 'zoneShape';
ZoneShape.defaults = ChartGeo.GeoFeature.defaults;

class ZonesController extends ChartGeo.ChoroplethController {}
ZonesController.id = 'zones';
ZonesController.defaults = {...ChartGeo.ChoroplethController.defaults, dataElementType: ZoneShape.id};
ZonesController.overrides = ChartGeo.ChoroplethController.overrides;

Chart.register(ZoneShape, ZonesController);

// The corners of what the shapes cover: enough to fit the map to.
export function corners(features) {
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of features.flatMap(({geometry}) => rings(geometry).flat())) {
    [west, south, east, north] = [Math.min(west, x), Math.min(south, y), Math.max(east, x), Math.max(north, y)];
  }
  return {type: 'MultiPoint', coordinates: [[west, south], [east, north]]};
}
