"""One dictation: messages in, windows out; hypotheses in, messages out.  Pure.

The only room that knows both banks, the sound's and the words'.
"""
