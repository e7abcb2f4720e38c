/** Where a script can stand in a page. `|` marks the place. */
import t from 'tap';
import { findPlace } from '../../lib/reload/place.js';

const PAGES = [
  '|',
  '|hello',
  '|<p>hello',
  '<head>|<title>x</title></head>',
  '<!doctype html><html><head>|</head><body></body></html>',
  '<!DOCTYPE html>\n<HTML lang="en">\n<HEAD data-a>|\n<meta charset=utf-8>',
  '<!doctype html>\n|<title>no head</title><p>x',
  '<!doctype html><html>|<body><p>x</body></html>',
  '<html><head\n>|',
  '<html/><head/>|',
  '<html data-a="a>b" data-b=\'>\'><head class = ">">|<title>',
  `<html data-a=it's><head>|`,
  '<html a"b><head>|',
  '\xef\xbb\xbf<!doctype html><head>|',
  '\xef\xbb\xbf|text',
  ' \t\r\n\f<head>|',
  '<!-- <head> --><head>|',
  '<!--><head>|<title>-->',
  '<!---><head>|',
  '<!-- a --!><head>|',
  '<!--[if IE]><head><![endif]--><head>|',
  '<?xml version="1.0"?><html><head>|',
  '|<header>not a head</header>',
  '|<html5><head>',
  '|</head><head>',
  '|<script>var a = "<head>"</script>',
  '|<template><head></template>',
  '|< head>',
  '<!doctype html>|<',
  '<!-- never ends|',
  '<html lang="never ends|',
  '<head class=">|',
  '<!doctype|',
];

t.test('before everything else', async (t) => {
  for (const marked of PAGES) {
    const place = marked.indexOf('|');
    t.equal(findPlace(marked.replace('|', ''), true), place, marked);
  }
});

t.test('the same, whatever of it is there: else more is wanted', async (t) => {
  for (const marked of PAGES) {
    const page = marked.replace('|', '');
    const place = marked.indexOf('|');
    for (let length = 0; length <= page.length; length++) {
      const found = findPlace(page.slice(0, length), false);
      t.ok(found === undefined || found === place, `${marked} at ${length}: ${found}`);
    }
    if (place + 6 < page.length) t.equal(findPlace(page, false), place, marked);
  }
});

t.test('another encoding', async (t) => {
  for (const start of ['\xff\xfe<\0h\0', '\xfe\xff\0<\0h']) t.equal(findPlace(start, true), 'none');
});

t.test('long and hostile beginnings take no longer than they are long', async (t) => {
  const size = 65_536;
  for (const unit of ['=', '="', '= "a" ', '<!--', '-', ' ', '<html', `='"`, '<!-->', '<html>']) {
    for (const start of ['', '<html ', '<!--', '<!doctype ']) {
      const page = start + unit.repeat(size / unit.length);
      const found = findPlace(page, true);
      t.ok(typeof found === 'number' && found <= page.length, `${start}${unit}: ${found}`);
    }
  }
});
