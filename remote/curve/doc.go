// Package curve keeps training curves in memory and answers what a screen
// asks of them in time that depends on the screen, not on the points. Start
// with [Store]: writers add [remote.Record] values file by file, readers take
// an immutable [Set] of [Run] values. A [Series] is one metric of one run: an
// append-only list of points under a pyramid of buckets, so that any window of
// it is drawn from a few buckets a column ([Series.Window]), with no spike
// lost; a [Trace] is the same over time or tokens, and a [Density] many curves
// as one picture. A point costs 3 to 5 bytes: values are float32 (a log prints
// six digits), packed where they are decimals near each other, and steps cost
// nothing while their stride stays the same. The last value and the least are
// kept exactly.
//
// Questions instead of curves: [Best], [Frontier], [ETA], [Project], [Families],
// [Parent], [Behind], [Kill]. All are pure functions of runs.
//
// [Set.Save] and [Store.Load] carry the runs over a restart.
package curve
