// Draws in animation frames and only what is on screen; a hidden tab draws nothing (browsers hold its animation frames back) and
// catches up when shown. What would make a frame late waits for the next: a chart takes most of one. Until all is drawn the place of
// it is aria-busy.

const FRAME_MS = 3;

export class Stage {
  constructor(place) {
    this.place = place;
    this.parts = new Map();
    this.frame = () => {};
    Object.assign(this, {waiting: false, held: false, fresh: false});
    this.watch = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        this.parts.get(entry.target).visible = entry.isIntersecting;
      }
      this.schedule();
    }, {rootMargin: '100px'});
  }

  add(element, draw) {
    this.parts.set(element, {draw, dirty: true, visible: false, drawn: false});
    this.watch.observe(element);
  }

  // Runs first after a mark, whatever is on screen: for what decides what there is to see.
  beforeParts(frame) {
    this.frame = frame;
  }

  // Everything is to be drawn anew.
  mark() {
    this.parts.forEach((part) => { part.dirty = true; });
    this.fresh = true;
    this.schedule();
  }

  // While held (the Pause button) nothing is drawn anew, but marks are kept; what was never drawn still is, once.
  hold(held) {
    this.held = held;
    this.schedule();
  }

  schedule() {
    if (this.waiting) {
      return;
    }
    this.waiting = true;
    this.place.setAttribute('aria-busy', 'true');
    requestAnimationFrame(() => {
      this.waiting = false;
      this.draw();
    });
  }

  // What is dirty, in order, until the frame's time is up: the others have their turn in the next frames.
  draw() {
    const until = performance.now() + FRAME_MS;
    if (this.fresh && !this.held) {
      this.fresh = false;
      this.frame();
    }
    for (const part of this.parts.values()) {
      if (part.dirty && part.visible && !(this.held && part.drawn)) {
        if (performance.now() >= until) {
          this.schedule();
          return;
        }
        Object.assign(part, {dirty: false, drawn: true});
        part.draw();
      }
    }
    this.place.setAttribute('aria-busy', 'false');
  }
}
