// GanrtAvatars.cs: from a player's name to RGBA8 pictures, over the native library of ganrt_avatars.c.
//
// C# 7.3, .NET Standard 2.0. Build the library with -DGANRT_AVATARS_SHARED: libganrt_avatars.so, ganrt_avatars.dll or
// libganrt_avatars.dylib (clients/c/CMakeLists.txt does), and put it where the game finds native libraries.
//
//     using (var avatars = new GanrtAvatars("kit"))
//     {
//         avatars.RequestName("player-8841", picture => Show(picture.Pixels));
//         ...
//         avatars.Poll(2000);                       // in every frame, from the thread that shall be called
//     }
//
// In Unity use the package of clients/unity, which has this file. Where code is compiled ahead of time and linked into
// the game (iOS, WebGL, consoles), add clients/c/ganrt_avatars_single.c to it, and no library.
//
// Licence: Apache 2.0, as ganrt's own.
using System;
using System.Collections.Generic;
using System.Runtime.ExceptionServices;
using System.Runtime.InteropServices;
using System.Text;

/// <summary>What ganrt_avatars.h calls a status; its sentence says what mends it.</summary>
public sealed class GanrtAvatarsException : Exception
{
    public readonly int Status;

    internal GanrtAvatarsException(int status, string sentence) : base(sentence) { Status = status; }
}

/// <summary>A kit, opened. A thread of its own draws; Poll hands over what is ready.</summary>
public sealed class GanrtAvatars : IDisposable
{
    /// <summary>RGBA8, row by row. Status 0: there are pixels; with an atlas they are in it, at X, Y, until FreeCell.</summary>
    public struct Picture
    {
        public ulong Ticket;
        public int Status, Width, Height, X, Y;
        public byte[] Pixels;
    }

    /// <summary>0 or false: as ganrt_avatars_defaults has it.</summary>
    public sealed class Options
    {
        public int Width, Height, Batch, Queue, Pictures;
        public bool Premultiplied, Round;
        /// <summary>RRGGBB behind the picture; null: it keeps its transparency.</summary>
        public int? Background;
        public string Cache, NameSpace;
        public ulong CacheBytes;
        /// <summary>What draws, in order of preference, such as "onnxruntime-directml, builtin"; null: builtin.</summary>
        public string Backends;
        /// <summary>Paths of their libraries; null: by the usual names, where the system looks.</summary>
        public string OnnxRuntime, OpenVino;
        public int Threads;
        /// <summary>Pixels of an atlas for all pictures, and between its cells; 0: there is none.</summary>
        public int AtlasWidth, AtlasHeight, AtlasGap;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct NativeOptions
    {
        public uint Width, Height;
        public int Premultiplied, Round, Opaque;
        public byte Red, Green, Blue;
        public uint Batch, Queue, Pictures;
        public IntPtr Cache;
        public ulong CacheBytes;
        public IntPtr NameSpace, Allocate, Release, Context;
        public IntPtr Backends, OnnxRuntime, OpenVino;
        public uint Threads;
        public IntPtr Atlas;
        public uint AtlasWidth, AtlasHeight, AtlasGap;
    }

    [StructLayout(LayoutKind.Sequential)]
    struct NativePicture
    {
        public ulong Ticket;
        public IntPtr User;
        public int Status;
        public IntPtr Pixels;
        public uint Width, Height, X, Y;
        public UIntPtr Stride;
    }

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    delegate void Deliver(IntPtr context, ref NativePicture picture);

    // IL2CPP and other ahead-of-time compilers hand out static methods alone, and know them by an attribute of this name.
    [AttributeUsage(AttributeTargets.Method)]
    sealed class MonoPInvokeCallbackAttribute : Attribute
    {
        public MonoPInvokeCallbackAttribute(Type type) { }
    }

#if (UNITY_IOS || UNITY_TVOS || UNITY_VISIONOS || UNITY_WEBGL || UNITY_SWITCH) && !UNITY_EDITOR
    const string Library = "__Internal";
#else
    const string Library = "ganrt_avatars";
#endif
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern NativeOptions ganrt_avatars_defaults();
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern int ganrt_avatars_open(byte[] kit, ref NativeOptions options, out IntPtr avatars);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern void ganrt_avatars_close(IntPtr avatars);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern int ganrt_avatars_request_name(IntPtr avatars, byte[] name, UIntPtr bytes, uint reroll, int priority, IntPtr user, out ulong ticket);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern int ganrt_avatars_request_look(IntPtr avatars, byte[] code, UIntPtr bytes, int priority, IntPtr user, out ulong ticket);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern int ganrt_avatars_request_image(IntPtr avatars, ulong seed, ulong index, int priority, IntPtr user, out ulong ticket);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern int ganrt_avatars_cancel(IntPtr avatars, ulong ticket);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern uint ganrt_avatars_poll(IntPtr avatars, uint microseconds, Deliver deliver, IntPtr context);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern IntPtr ganrt_avatars_sentence(int status);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern IntPtr ganrt_avatars_backend(IntPtr avatars);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern int ganrt_avatars_free_cell(IntPtr avatars, uint x, uint y);
    [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
    static extern UIntPtr ganrt_avatars_report(IntPtr avatars, byte[] text, UIntPtr bytes);

    readonly Dictionary<ulong, Action<Picture>> waiting = new Dictionary<ulong, Action<Picture>>();
    static readonly Deliver deliver = Hand;
    GCHandle self, atlas;
    IntPtr handle;
    ExceptionDispatchInfo thrown;

    public GanrtAvatars(string kit, Options options = null)
    {
        options = options ?? new Options();
        NativeOptions native = ganrt_avatars_defaults();
        native.Width = (uint)options.Width;
        native.Height = (uint)options.Height;
        native.Premultiplied = options.Premultiplied ? 1 : 0;
        native.Round = options.Round ? 1 : 0;
        native.Opaque = options.Background.HasValue ? 1 : 0;
        int colour = options.Background ?? 0;
        native.Red = (byte)(colour >> 16);
        native.Green = (byte)(colour >> 8);
        native.Blue = (byte)colour;
        native.Batch = options.Batch > 0 ? (uint)options.Batch : native.Batch;
        native.Queue = options.Queue > 0 ? (uint)options.Queue : native.Queue;
        native.Pictures = options.Pictures > 0 ? (uint)options.Pictures : native.Pictures;
        native.CacheBytes = options.CacheBytes > 0 ? options.CacheBytes : native.CacheBytes;
        native.Threads = options.Threads > 0 ? (uint)options.Threads : native.Threads;
        SetAtlas(options, ref native);
        var pins = new List<GCHandle>();
        try
        {
            native.Cache = Pinned(options.Cache, pins);
            native.NameSpace = Pinned(options.NameSpace, pins);
            native.Backends = Pinned(options.Backends, pins);
            native.OnnxRuntime = Pinned(options.OnnxRuntime, pins);
            native.OpenVino = Pinned(options.OpenVino, pins);
            Check(ganrt_avatars_open(Text(kit), ref native, out handle));
            self = GCHandle.Alloc(this);
        }
        finally
        {
            if (handle == IntPtr.Zero && atlas.IsAllocated)
                atlas.Free();
            foreach (GCHandle pin in pins)
                pin.Free();
        }
    }

    /// <summary>RGBA8, row by row from the top; Poll writes into it. Null: there is none.</summary>
    public byte[] Atlas { get; private set; }

    // Pinned, for native code writes into it.
    void SetAtlas(Options options, ref NativeOptions native)
    {
        if (options.AtlasWidth <= 0 && options.AtlasHeight <= 0)
            return;
        Atlas = new byte[checked(4 * Math.Max(options.AtlasWidth, 0) * Math.Max(options.AtlasHeight, 0))];
        atlas = GCHandle.Alloc(Atlas, GCHandleType.Pinned);
        native.Atlas = atlas.AddrOfPinnedObject();
        native.AtlasWidth = (uint)options.AtlasWidth;
        native.AtlasHeight = (uint)options.AtlasHeight;
        native.AtlasGap = (uint)options.AtlasGap;
    }

    /// <summary>Gives a picture's cell back to the atlas; false: nobody had it.</summary>
    public bool FreeCell(int x, int y) { return ganrt_avatars_free_cell(Open, (uint)x, (uint)y) != 0; }

    /// <summary>What draws; null while it is being opened, and if nothing does.</summary>
    public string Backend { get { return Marshal.PtrToStringAnsi(ganrt_avatars_backend(Open)); } }

    /// <summary>A line for each backend that was tried: that it draws, or what is wrong.</summary>
    public string Report
    {
        get
        {
            byte[] text = new byte[(int)ganrt_avatars_report(Open, null, UIntPtr.Zero) + 1];
            ganrt_avatars_report(Open, text, (UIntPtr)text.Length);
            return Encoding.UTF8.GetString(text, 0, text.Length - 1);
        }
    }

    /// <summary>The avatar of a player's name or id; `ready` is called by Poll. Returns a ticket for Cancel.</summary>
    public ulong RequestName(string name, Action<Picture> ready, int priority = 0, uint reroll = 0)
    {
        byte[] bytes = new UTF8Encoding(false, true).GetBytes(name);
        ulong ticket;
        lock (waiting)
        {
            Check(ganrt_avatars_request_name(Open, Filled(bytes), (UIntPtr)bytes.Length, reroll, priority, IntPtr.Zero, out ticket));
            waiting[ticket] = ready;
        }
        return ticket;
    }

    /// <summary>The picture of a look code.</summary>
    public ulong RequestLook(string code, Action<Picture> ready, int priority = 0)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(code);
        ulong ticket;
        lock (waiting)
        {
            Check(ganrt_avatars_request_look(Open, Filled(bytes), (UIntPtr)bytes.Length, priority, IntPtr.Zero, out ticket));
            waiting[ticket] = ready;
        }
        return ticket;
    }

    /// <summary>Image `index` of `seed`.</summary>
    public ulong RequestImage(ulong seed, ulong index, Action<Picture> ready, int priority = 0)
    {
        ulong ticket;
        lock (waiting)
        {
            Check(ganrt_avatars_request_image(Open, seed, index, priority, IntPtr.Zero, out ticket));
            waiting[ticket] = ready;
        }
        return ticket;
    }

    /// <summary>True: it will not be delivered.</summary>
    public bool Cancel(ulong ticket)
    {
        bool done = ganrt_avatars_cancel(Open, ticket) != 0;
        if (done)
            lock (waiting)
                waiting.Remove(ticket);
        return done;
    }

    /// <summary>
    /// Calls back for what is ready, until the budget is spent: at least one. How many. The first exception of a callback
    /// is thrown at the end, from here: none may pass through native code.
    /// </summary>
    public int Poll(int microseconds)
    {
        if (microseconds < 0)
            throw new ArgumentOutOfRangeException(nameof(microseconds));
        uint count = ganrt_avatars_poll(Open, (uint)microseconds, deliver, GCHandle.ToIntPtr(self));
        ExceptionDispatchInfo first = thrown;
        thrown = null;
        first?.Throw();
        return (int)count;
    }

    public void Dispose()
    {
        if (handle == IntPtr.Zero)
            return;
        ganrt_avatars_close(handle);
        handle = IntPtr.Zero;
        self.Free();
        if (atlas.IsAllocated)
            atlas.Free();
    }

    IntPtr Open
    {
        get
        {
            if (handle == IntPtr.Zero)
                throw new ObjectDisposedException(nameof(GanrtAvatars));
            return handle;
        }
    }

    [MonoPInvokeCallback(typeof(Deliver))]
    static void Hand(IntPtr context, ref NativePicture native)
    {
        var avatars = (GanrtAvatars)GCHandle.FromIntPtr(context).Target;
        try
        {
            avatars.HandOver(ref native);
        }
        catch (Exception error)
        {
            avatars.thrown = avatars.thrown ?? ExceptionDispatchInfo.Capture(error);
        }
    }

    void HandOver(ref NativePicture native)
    {
        Action<Picture> ready;
        lock (waiting)
        {
            ready = waiting[native.Ticket];
            waiting.Remove(native.Ticket);
        }
        var picture = new Picture { Ticket = native.Ticket, Status = native.Status, Width = (int)native.Width, Height = (int)native.Height,
                                    X = (int)native.X, Y = (int)native.Y };
        if (native.Pixels != IntPtr.Zero && Atlas == null)
        {
            picture.Pixels = new byte[4 * picture.Width * picture.Height];
            Marshal.Copy(native.Pixels, picture.Pixels, 0, picture.Pixels.Length);
        }
        ready(picture);
    }

    /// <summary>What a status means, and what mends it.</summary>
    public static string Sentence(int status) { return Marshal.PtrToStringAnsi(ganrt_avatars_sentence(status)); }

    static void Check(int status)
    {
        if (status != 0)
            throw new GanrtAvatarsException(status, Sentence(status));
    }

    static IntPtr Pinned(string text, List<GCHandle> pins)
    {
        if (text == null)
            return IntPtr.Zero;
        pins.Add(GCHandle.Alloc(Text(text), GCHandleType.Pinned));
        return pins[pins.Count - 1].AddrOfPinnedObject();
    }

    static byte[] Text(string text) { return Encoding.UTF8.GetBytes((text ?? "") + "\0"); }

    // An array without elements may arrive as NULL.
    static byte[] Filled(byte[] bytes) { return bytes.Length > 0 ? bytes : new byte[1]; }
}
