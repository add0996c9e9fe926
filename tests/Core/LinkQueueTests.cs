using Dataplane.Core;
using Xunit;

namespace Dataplane.Tests.Core;

/// <summary>When frames leave a link, worked out by hand: 60 bytes and 24 more at 10 Gbit/s are 67.2 ns.</summary>
public class LinkQueueTests
{
    private const long TenGigabit = 10_000_000_000;
    private const long Gigabit = 1_000_000_000;
    private const long Lost = -1;

    [Fact]
    public void Frames_that_come_together_leave_one_behind_the_other_and_parts_of_nanoseconds_add_up()
    {
        using LinkQueue link = Link(TenGigabit);
        Assert.Equal(
            [1067, 1134, 1201, 1268, 1336], Send(link, [(1000, 60), (1000, 60), (1000, 60), (1000, 60), (1000, 60)]));
        Assert.Equal(336, link.BusyTime);
    }

    [Fact]
    public void A_link_that_is_idle_sends_at_once()
    {
        using LinkQueue link = Link(TenGigabit);
        Assert.Equal([1067, 2067], Send(link, [(1000, 60), (2000, 60)]));
    }

    [Fact]
    public void A_full_frame_takes_its_1514_bytes_and_24_more()
    {
        using LinkQueue link = Link(Gigabit);
        Assert.Equal([12_304], Send(link, [(0, 1514)]));
    }

    [Fact]
    public void Frames_are_padded_to_60_bytes()
    {
        using LinkQueue link = Link(Gigabit);
        Assert.Equal([672, 1344], Send(link, [(0, 42), (0, 60)]));
    }

    [Fact]
    public void A_packet_in_three_frames_pays_for_three()
    {
        using LinkQueue link = Link(Gigabit);
        Assert.True(link.TrySend(0, size: 3000, frames: 3, inner: 2900, out long departure));
        Assert.Equal((3000 + 72) * 8, departure);
        Assert.Equal((3, 3072, 2900), (link.Frames, link.WireBytes, link.InnerBytes));
    }

    [Fact]
    public void Of_a_burst_one_is_sent_as_many_wait_as_the_queue_holds_and_the_next_is_the_first_dropped()
    {
        using LinkQueue link = Link(TenGigabit, queue: 2);
        Assert.Equal([67, 134, 201, Lost, Lost], Send(link, [(0, 60), (0, 60), (0, 60), (0, 60), (0, 60)]));
        Assert.Equal(2, link.Dropped);
    }

    [Fact]
    public void Where_one_has_left_there_is_room_for_one()
    {
        using LinkQueue link = Link(TenGigabit, queue: 2);
        Assert.Equal(
            [67, 134, 201, Lost, 268, Lost], Send(link, [(0, 60), (0, 60), (0, 60), (66, 60), (67, 60), (67, 60)]));
    }

    [Fact]
    public void Frames_find_those_that_wait_and_not_the_one_that_is_sent()
    {
        using LinkQueue link = Link(TenGigabit, queue: 2);
        Send(link, [(0, 60), (0, 60), (0, 60), (0, 60), (1000, 60)]);
        Assert.Equal([3, 1, 1], link.Depths[..3].ToArray());
    }

    [Fact]
    public void What_comes_out_of_turn_goes_where_the_link_is_idle()
    {
        using LinkQueue link = Link(TenGigabit);
        Assert.Equal([10_067, 5_067, 10_134], Send(link, [(10_000, 60), (5_000, 60), (9_990, 60)]));
    }

    [Fact]
    public void What_came_earlier_does_not_find_what_came_later_in_the_queue()
    {
        using LinkQueue link = Link(TenGigabit, queue: 1);
        Assert.Equal([10_067, 10_134, 9_067], Send(link, [(10_000, 60), (10_000, 60), (9_000, 60)]));
    }

    [Fact]
    public void A_hundred_thousand_frames_at_once_take_their_time_to_the_nanosecond()
    {
        using LinkQueue link = Link(TenGigabit, queue: 100_000);
        long last = 0;
        for (int frame = 0; frame < 100_000; frame++) Assert.True(link.TrySend(7, 60, 1, 28, out last));
        Assert.Equal(7 + 6_720_000, last);
    }

    [Fact]
    public void A_long_capture_is_forgotten_behind_it_and_the_queue_is_not()
    {
        using LinkQueue link = Link(TenGigabit, queue: 3);
        for (int frame = 0; frame < 10_000; frame++)
            Assert.Equal([(frame * 1000) + 67], Send(link, [(frame * 1000, 60)]));
        Assert.Equal([10_000_067, 10_000_134, 10_000_201, 10_000_268, Lost],
            Send(link, [.. Enumerable.Repeat((10_000_000L, 60), 5)]));
    }

    [Fact]
    public void A_capture_that_falls_back_by_hours_begins_anew()
    {
        using LinkQueue link = Link(TenGigabit, queue: 1);
        Assert.Equal(
            [3_600_000_000_067, 67, 134, Lost], Send(link, [(3_600_000_000_000, 60), (0, 60), (0, 60), (0, 60)]));
    }

    [Fact]
    public void Without_a_rate_nothing_waits()
    {
        using LinkQueue link = Link(rate: 0, queue: 1);
        Assert.Equal([5, 5, 5, 4], Send(link, [(5, 1514), (5, 1514), (5, 1514), (4, 1514)]));
    }

    private static LinkQueue Link(long rate, int queue = 1000) => new(new LinkParameters(rate, queue, Delay: 0));

    private static long[] Send(LinkQueue link, (long Arrival, int Size)[] frames) =>
        [.. frames.Select(frame =>
            link.TrySend(frame.Arrival, frame.Size, frames: 1, inner: frame.Size - 14, out long departure)
                ? departure
                : Lost)];
}
